import type { FaultFacts } from '@kickd/protocol';
import { parseSettings } from '@kickd/settings';
import { errors } from '../errors.ts';
import { monitorDefaults } from '../monitors/defaults.ts';
import type { NagiosSettings } from '../monitors/nagios/schema.ts';
import type { MonitorSettings } from '../monitors/schemas.ts';
import { defaultConfig, type Config, type ReceiveSettings } from './config.ts';
import { ConfigFile } from './schema.ts';
import type { Sender } from '../receive/senders.ts';
import { oneOfTwo, settingsWords } from '../settings-words.ts';

export type ParsedConfig =
  { kind: 'config'; config: Config } | { kind: 'faults'; faults: FaultFacts[] };

/**
 * Reads the text of kicker.yaml: every mistake at once, each with file, line and column.
 * An empty file is the default configuration.
 */
export function parseConfig(text: string, file: string): ParsedConfig {
  const parsed = parseSettings(text, file, ConfigFile, {
    ...settingsWords,
    moved: { rule: errors.configRuleMoved },
  });
  if (parsed.kind === 'faults') return parsed;
  const { settings, whereOf } = parsed;
  const faults = (settings.receive?.senders ?? []).flatMap((sender, index) =>
    oneOfTwo(
      sender,
      ['certname', 'tokenFile'],
      ['receive', 'senders', String(index)],
      whereOf,
    ),
  );
  return faults.length > 0
    ? { kind: 'faults', faults }
    : { kind: 'config', config: fill(settings, file) };
}

function fill(given: ConfigFile, file: string): Config {
  const base = defaultConfig();
  const {
    retry,
    follow,
    timeouts,
    nagios: _nagios,
    monitors: _monitors,
    hosts,
    serve,
    receive,
    retention,
    ...flat
  } = given;
  const monitors = monitorsOf(given, base.nagios);
  return {
    ...base,
    ...flat,
    file,
    hosts: hosts ?? {},
    ...(receive === undefined ? {} : { receive: receiveOf(receive) }),
    monitors,
    nagios: Object.values(monitors).find(isNagios) ?? base.nagios,
    serve: { ...base.serve, ...serve },
    retention: { ...base.retention, ...retention },
    retry: { ...base.retry, ...retry },
    follow: { ...base.follow, ...follow },
    timeouts: { ...base.timeouts, ...timeouts },
  };
}

/** Every monitor by its name; `nagios:` is the one of that name. */
function monitorsOf(
  { nagios, monitors }: ConfigFile,
  base: NagiosSettings,
): Record<string, MonitorSettings> {
  const named = Object.entries(monitors ?? {}).map(
    ([name, settings]): [string, MonitorSettings] => [
      name,
      // The defaults of a kind and the keys of that kind: the schema has checked them.
      { ...monitorDefaults[settings.kind], ...settings } as MonitorSettings,
    ],
  );
  if (nagios !== undefined || named.length === 0) {
    named.unshift(['nagios', { ...base, ...nagios }]);
  }
  return Object.fromEntries(named);
}

function receiveOf(given: NonNullable<ConfigFile['receive']>): ReceiveSettings {
  return {
    address: '127.0.0.1',
    port: defaultReceivePort,
    identify: 'certificate',
    ...given,
    senders: given.senders.flatMap(
      ({ monitor, certname, tokenFile }): Sender[] => {
        if (certname !== undefined) return [{ monitor, certname }];
        return tokenFile === undefined ? [] : [{ monitor, tokenFile }];
      },
    ),
  };
}

/** Puppet has 8140, kickd 8139. */
const defaultReceivePort = 8141;

function isNagios(settings: MonitorSettings): settings is NagiosSettings {
  return settings.kind === 'nagios';
}
