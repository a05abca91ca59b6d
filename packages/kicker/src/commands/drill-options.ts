import { patterns, printable } from '@kickd/protocol';
import { Faults, errors } from '../errors.ts';
import type { Shell } from './command.ts';
import { configOption, jsonOption } from './command.ts';
import { byOption, readBy } from './judgement.ts';
import type { CommandSpec, Given } from './options.ts';

export interface DrillOptions {
  host: string;
  service: string;
  profile: string;
  timeoutMs: number;
  /** undefined: the only one that is configured */
  monitor: string | undefined;
  by: string;
  reason: string;
  isDryRun: boolean;
  leavesBroken: boolean;
}

const how = 'How';

export const drillSpec: CommandSpec = {
  name: 'drill',
  operands: 'HOST SERVICE',
  about: 'break a service on purpose, as agreed, and time its healing',
  takesOperands: true,
  options: {
    reason: {
      type: 'string',
      value: 'TEXT',
      about: 'why; it is recorded, and shown by kicker history',
      group: 'What',
    },
    ...byOption,
    profile: {
      type: 'string',
      value: 'PROFILE',
      about:
        'the CM profile that breaks it, as the host names it; default: drill',
      group: 'What',
    },
    monitor: {
      type: 'string',
      value: 'NAME',
      about:
        'which monitor of kicker.yaml sees the service; needed where there are several',
      group: 'What',
    },
    timeout: {
      type: 'string',
      value: 'TIME',
      about: 'wait at most this long for green: 90s, 10m, 1h; default: 10m',
      group: how,
    },
    'dry-run': {
      type: 'boolean',
      about: 'print each condition with yes or no; break nothing',
      group: how,
    },
    'leave-broken': {
      type: 'boolean',
      about:
        'do not ask for a repair run where the drill fails or is interrupted',
      group: how,
    },
    ...jsonOption,
    ...configOption,
  },
  examples: [
    ['kicker drill web1.example.com HTTP --dry-run', 'may it begin now?'],
    [
      'kicker drill web1.example.com HTTP --reason "drill of the month"',
      'break it, and time its healing',
    ],
  ],
};

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 60 * 60 };
const timeoutMostSeconds = 24 * 60 * 60;

/** @throws {Faults} every value that is wrong */
export function readDrillOptions(
  given: Given,
  shell: Pick<Shell, 'env' | 'user'>,
): DrillOptions {
  const [host, service, ...more] = given.operands;
  const faults = [];
  if (host === undefined || service === undefined || more.length > 0) {
    faults.push(errors.usage('drill', 'give one host and one service'));
  }
  const profile = given.text('profile') ?? 'drill';
  if (!new RegExp(patterns.profileName).test(profile)) {
    faults.push(
      errors.optionValue(
        'drill',
        '--profile',
        profile,
        'the name of a profile: lower case letters, digits and -',
      ),
    );
  }
  const timeout = given.text('timeout') ?? '10m';
  const [, count = '', unit = 's'] = /^(\d{1,6})([smh])$/.exec(timeout) ?? [];
  const seconds = Number(count) * (units[unit] ?? 0);
  if (count === '' || seconds < 1 || seconds > timeoutMostSeconds) {
    faults.push(
      errors.optionValue(
        'drill',
        '--timeout',
        timeout,
        'a time from 1s to 24h: 90s, 10m, 1h',
      ),
    );
  }
  if (faults.length > 0) throw new Faults(faults);
  return {
    host: host ?? '',
    service: service ?? '',
    profile,
    timeoutMs: seconds * 1000,
    monitor: given.text('monitor'),
    by: readBy(given, shell),
    reason: printable(given.text('reason') ?? 'no reason given', 500),
    isDryRun: given.flag('dry-run') ?? false,
    leavesBroken: given.flag('leave-broken') ?? false,
  };
}
