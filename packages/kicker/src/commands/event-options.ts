import { handlerOptions } from '../monitors/nagios/handler-arguments.ts';
import type { CommandSpec } from './options.ts';

const choices: Readonly<Record<string, readonly string[]>> = {
  state: ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN', 'UP', 'DOWN', 'UNREACHABLE'],
  'state-type': ['SOFT', 'HARD'],
  'host-state': ['UP', 'DOWN', 'UNREACHABLE'],
};

function choicesOf(name: string): { choices?: readonly string[] } {
  const found = choices[name];
  return found === undefined ? {} : { choices: found };
}

/** The options of an event, as Nagios's event handler has them. */
export const eventOptions: CommandSpec['options'] = Object.fromEntries(
  Object.entries(handlerOptions).map(([name, [, macro, about]]) => [
    name,
    {
      type: 'string',
      value: macro,
      about,
      ...choicesOf(name),
      group: 'The event, each with its macro',
    },
  ]),
);

/** The order of the old handler scripts. */
export const eventOperands =
  '[STATE STATETYPE ATTEMPT HOSTADDRESS HOSTNAME SERVICEDESC]';
