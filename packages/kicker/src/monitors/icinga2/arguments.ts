import { parseArgs } from 'node:util';
import { printable, type FaultFacts } from '@kickd/protocol';
import { nearest } from '@kickd/settings';
import { errors } from '../../errors.ts';

/** The options of the EventCommand of deploy/icinga2, each with the macro that fills it. */
const icingaOptions = {
  host: '$host.name$',
  address: '$host.address$',
  service: '$service.name$',
  state: '$service.state$',
  'state-type': '$service.state_type$',
  attempt: '$service.check_attempt$',
  'max-attempts': '$service.max_check_attempts$',
  'last-ok': '$service.last_state_ok$',
  since: '$service.last_state_change$',
  'service-downtime': '$service.downtime_depth$',
  'host-downtime': '$host.downtime_depth$',
  'host-state': '$host.state$',
  'host-last-check': '$host.last_check$',
  acknowledgement: '$service.acknowledgement$',
  flapping: '$service.flapping$',
  'host-group': '$host.groups$',
  label: 'NAME=VALUE, VALUE a variable of the host',
  at: '$icinga.timet$',
} as const;

export type IcingaOption = keyof typeof icingaOptions;
const severalTimes: ReadonlySet<string> = new Set(['host-group', 'label']);

export type ReadArguments =
  | {
      kind: 'options';
      get: (name: IcingaOption) => string | undefined;
      all: (name: IcingaOption) => readonly string[];
    }
  | { kind: 'fault'; fault: FaultFacts };

/** Reads what the EventCommand handed over. Icinga leaves out the whole option where a macro does not exist. */
export function readIcingaArguments(args: readonly string[]): ReadArguments {
  const options = Object.fromEntries(
    Object.keys(icingaOptions).map((name) => [
      name,
      { type: 'string' as const, multiple: severalTimes.has(name) },
    ]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    const all = (name: IcingaOption): readonly string[] =>
      [values[name] ?? []].flat().map(String);
    return { kind: 'options', get: (name) => all(name)[0], all };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const option = /'(--[^'=\s]*)/.exec(message)?.[1];
    const known = Object.keys(icingaOptions).map((name) => `--${name}`);
    const fault =
      option === undefined || known.includes(option)
        ? errors.payloadForm(
            `the options of the EventCommand of deploy/icinga2 (${printable(message.split('. ')[0] ?? '')})`,
          )
        : errors.optionUnknown('explain', option, nearest(option, known));
    return { kind: 'fault', fault };
  }
}
