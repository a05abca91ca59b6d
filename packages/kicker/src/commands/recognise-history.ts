import { Fault } from '@kickd/protocol';
import { errors, Faults } from '../errors.ts';
import { shownName } from '../events/name-bytes.ts';
import type { LogSource } from '../io/log-lines.ts';
import {
  acceptedHistories,
  formOfHead,
  formOfJson,
  historyForms,
  whyNoHistory,
  type HistoryForm,
} from '../monitors/history-form.ts';
import { textOfBytes } from '../monitors/icinga2/history.ts';

/** One JSON text is read whole: a matrix of as many bytes is some 500 MB of memory. */
const wholeMost = 64 * 1024 * 1024;

/** Files of one form, and the values of those that were read whole. */
export type Recognised =
  | { form: Exclude<HistoryForm, WholeForm>; values?: undefined }
  | { form: WholeForm; values: readonly unknown[] };

type WholeForm = 'prometheus' | 'alertmanager';

export function parseForm(text: string | undefined): HistoryForm | undefined {
  if (text === undefined) return undefined;
  const found = formNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new Faults([
    errors.usage(
      'backtest',
      `--format is ${text}; expected one of ${formNames.join(', ')}`,
    ),
  ]);
}

// The keys of a literal object.
export const formNames = Object.keys(historyForms) as readonly HistoryForm[];

/**
 * Which history the files hold: as it was asked for, else by what is in them. Text of no known form is taken for a log of
 * Nagios, and refused as such when nothing of it is understood.
 * @throws {Fault} HISTORY_UNKNOWN, HISTORY_MIXED, HISTORY_LARGE
 */
export async function recogniseHistory(
  sources: readonly LogSource[],
  asked: HistoryForm | undefined,
  signal: AbortSignal,
): Promise<Recognised> {
  const found: { form: HistoryForm; value?: unknown; name: string }[] = [];
  for (const source of sources) {
    const { name } = source;
    const form =
      asked ?? formOfHead(await source.head(signal)) ?? ('nagios' as const);
    if (isOfLines(form)) {
      found.push({ form, name });
      continue;
    }
    const value = await readWhole(source, signal);
    const known = formOfJson(value);
    if (known === undefined || (asked !== undefined && known !== asked)) {
      throw unknown(name, whyNoHistory(value) ?? 'its JSON is of another form');
    }
    found.push({ form: known, value, name });
  }
  const [first] = found;
  const other = found.find(({ form }) => form !== first?.form);
  if (first !== undefined && other !== undefined) {
    throw new Fault(
      errors.historyMixed(first.name, first.form, other.name, other.form),
    );
  }
  const form = first?.form ?? 'nagios';
  return isOfLines(form)
    ? { form }
    : { form, values: found.map(({ value }) => value) };
}

function isOfLines(
  form: HistoryForm | 'json',
): form is Exclude<HistoryForm, WholeForm> {
  return form !== 'json' && form !== 'prometheus' && form !== 'alertmanager';
}

async function readWhole(
  source: LogSource,
  signal: AbortSignal,
): Promise<unknown> {
  const text = textOfBytes(await source.text(wholeMost, signal));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw unknown(
      source.name,
      `it begins as JSON, and is none: ${why}; its first line is ${shownName(text.split('\n')[0] ?? '').slice(0, 80)}`,
    );
  }
}

function unknown(name: string, why: string): Fault {
  return new Fault(errors.historyUnknown(name, why, acceptedHistories));
}
