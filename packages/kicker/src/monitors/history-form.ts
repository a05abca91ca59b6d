import { readRange } from './alertmanager/alert-runs.ts';
import { parseAlerts } from './alertmanager/snapshot.ts';
import { secondsOfEvent } from './icinga2/history.ts';
import { isMainLogLine } from './icinga2/main-log.ts';
import { secondsOfLine } from './nagios/log-line.ts';
import { isObject } from './payload.ts';

/** A form of saved history that `kicker backtest` reads, each with whose it is. */
export const historyForms = {
  nagios: 'nagios',
  'icinga2-events': 'icinga2',
  'icinga2-log': 'icinga2',
  prometheus: 'alertmanager',
  alertmanager: 'alertmanager',
} as const;

export type HistoryForm = keyof typeof historyForms;

/** For people, by what each is saved. */
export const acceptedHistories =
  'nagios.log and the compat log of Icinga 2; the event stream of Icinga 2; icinga2.log with severity notice; query_range of ALERTS from Prometheus; alerts from Alertmanager';

/**
 * Which history a file holds, by how it begins.
 * @param head each character is one byte; its last line may be cut off
 * @returns 'json': one JSON text, to be read whole; undefined: some other text
 */
export function formOfHead(head: string): HistoryForm | 'json' | undefined {
  const lines = head
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  // Rotation may have cut the first line off.
  for (const line of lines) {
    if (secondsOfLine(line) >= 0) return 'nagios';
    if (secondsOfEvent(line) > 0) return 'icinga2-events';
    if (isMainLogLine(line)) return 'icinga2-log';
  }
  return /^[[{]\s*["\]{}]|^[[{]$/.test(lines[0] ?? '') ? 'json' : undefined;
}

/** Which history one JSON text is; undefined: none that is known. */
export function formOfJson(value: unknown): HistoryForm | undefined {
  if (Array.isArray(value) && value.length === 0) return undefined;
  if (readRange(value) !== undefined) return 'prometheus';
  const alerts = parseAlerts(value);
  return alerts === undefined || alerts.size === 0 ? undefined : 'alertmanager';
}

/** Why a JSON text is no history, where a person may have saved the wrong answer. */
export function whyNoHistory(value: unknown): string | undefined {
  if (Array.isArray(value) && value.length === 0) return 'it is an empty list';
  if (!isObject(value)) return undefined;
  const { status, error, data } = value;
  if (typeof error === 'string') return `the monitor refused: ${error}`;
  if (typeof error === 'number' && typeof status === 'string') {
    return `the monitor refused: ${status}`;
  }
  if (isObject(data) && typeof data['resultType'] === 'string') {
    return `it is the answer of an instant query (${data['resultType']}), of one moment`;
  }
  return undefined;
}
