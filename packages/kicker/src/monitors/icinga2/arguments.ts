import type { FaultFacts } from '@kickd/protocol';
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
  'flapping-enabled': '$service.enable_flapping$',
  'host-group': '$host.groups$',
  label: 'NAME=VALUE, VALUE a variable of the host',
  at: '$icinga.timet$',
} as const;

export type IcingaOption = keyof typeof icingaOptions;
export type ReadArguments =
  | {
      kind: 'options';
      get: (name: IcingaOption) => string | undefined;
      all: (name: IcingaOption) => readonly string[];
    }
  | { kind: 'fault'; fault: FaultFacts };

/**
 * Reads what the EventCommand handed over: each option and its value, in two arguments or one. They are fields of a file
 * and no command line: a value may begin with a dash. Icinga leaves out the whole option where a macro does not exist.
 */
export function readIcingaArguments(args: readonly string[]): ReadArguments {
  const values = new Map<IcingaOption, string[]>();
  for (let at = 0; at < args.length; at += 1) {
    const given = args[at] ?? '';
    const equals = given.indexOf('=');
    const option = equals < 0 ? given : given.slice(0, equals);
    const name = names.find((one) => `--${one}` === option);
    if (name === undefined) {
      const near = nearest(
        option,
        names.map((one) => `--${one}`),
      );
      const fault = errors.optionUnknown('explain', option, near);
      return { kind: 'fault', fault };
    }
    if (equals < 0) at += 1;
    const value = equals < 0 ? args[at] : given.slice(equals + 1);
    if (value === undefined) {
      const fault = errors.payloadForm(`a value behind ${option}`);
      return { kind: 'fault', fault };
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const all = (name: IcingaOption): readonly string[] => values.get(name) ?? [];
  return { kind: 'options', get: (name) => all(name).at(-1), all };
}

// The keys of a literal object.
const names = Object.keys(icingaOptions) as readonly IcingaOption[];
