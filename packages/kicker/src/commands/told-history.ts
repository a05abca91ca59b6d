import type { Config } from '../config/config.ts';
import { errors, Faults } from '../errors.ts';
import {
  itemsOfAlerts,
  itemsOfRanges,
} from '../monitors/alertmanager/history.ts';
import { readRange } from '../monitors/alertmanager/alert-runs.ts';
import { monitorDefaults } from '../monitors/defaults.ts';
import { historyForms, type HistoryForm } from '../monitors/history-form.ts';
import {
  parseEventLine,
  secondsOfEvent,
  tornEventAt,
} from '../monitors/icinga2/history.ts';
import {
  parseMainLogLine,
  secondsOfMainLog,
} from '../monitors/icinga2/main-log.ts';
import type { ReadingWorld } from '../monitors/message-parts.ts';
import type { MonitorSettings } from '../monitors/schemas.ts';
import type { ToldItem } from '../monitors/told-item.ts';
import { monitorNamed } from './monitor-named.ts';
import type { LineParser } from './replay-logs.ts';

type Known = Pick<Config, 'hosts' | 'monitors'>;
type SettingsOf<Kind> = Extract<MonitorSettings, { kind: Kind }>;

/** How the lines of a saved history of Icinga 2 are read. @throws {Faults} MONITOR_UNKNOWN, MONITOR_OTHER_KIND */
export function icingaParser(
  form: 'icinga2-events' | 'icinga2-log',
  name: string | undefined,
  config: Known,
): LineParser<ToldItem> {
  const { settings, world } = readingOf('icinga2', form, name, config);
  return form === 'icinga2-events'
    ? {
        secondsOf: secondsOfEvent,
        tornAt: tornEventAt,
        parse: (line) => parseEventLine(line, world, settings),
      }
    : {
        secondsOf: secondsOfMainLog,
        tornAt: () => -1,
        parse: (line) => parseMainLogLine(line, world),
        // Its other lines are the same a dozen times a second.
        isNews: ({ kind }) => kind !== 'other',
      };
}

/** The pieces of saved answers of Prometheus or Alertmanager, in the order of their times. @throws {Faults} as icingaParser, HISTORY_NO_ALERTS */
export function alertPieces(
  form: 'prometheus' | 'alertmanager',
  values: readonly unknown[],
  files: readonly string[],
  { name, config }: { name: string | undefined; config: Known },
): { atMs: number; item: ToldItem }[] {
  const { settings, world } = readingOf('alertmanager', form, name, config);
  if (form === 'alertmanager') {
    return values
      .flatMap((value) => itemsOfAlerts(value, settings, world) ?? [])
      .toSorted((one, other) => one.atMs - other.atMs);
  }
  const ranges = values.flatMap((value) => readRange(value) ?? []);
  const pieces = itemsOfRanges(ranges, settings, world);
  const isClocked = ranges.some(({ hasClock }) => hasClock);
  if (pieces.length === 0 && !isClocked) {
    throw new Faults([errors.historyNoAlerts(files.join(', '))]);
  }
  // Where nothing fired, the range itself is what was read.
  const edges = ranges.flatMap(({ fromMs, toMs }) =>
    [fromMs, toMs].map((atMs) => ({ atMs, item: { kind: 'other' } as const })),
  );
  return [...pieces, ...edges].toSorted((one, other) => one.atMs - other.atMs);
}

/** The settings by which a history is read: those of kicker.yaml by name, else the defaults of the kind. */
function readingOf<Kind extends 'icinga2' | 'alertmanager'>(
  kind: Kind,
  form: HistoryForm,
  name: string | undefined,
  config: Known,
): { settings: SettingsOf<Kind>; world: ReadingWorld } {
  const settings: MonitorSettings =
    name === undefined ? monitorDefaults[kind] : monitorNamed(name, config);
  if (settings.kind !== kind) {
    throw new Faults([
      errors.monitorOtherKind(
        name ?? kind,
        settings.kind,
        form,
        historyForms[form],
      ),
    ]);
  }
  return {
    // Its kind was just compared.
    settings: settings as SettingsOf<Kind>,
    world: {
      monitor: name ?? kind,
      knowsHost: (host) => Object.hasOwn(config.hosts, host),
    },
  };
}
