import { handlerOptions } from '../monitors/nagios/handler-arguments.ts';
import type { CommandSpec } from './options.ts';

/** The options of an event, as Nagios's event handler has them. */
export const eventOptions: CommandSpec['options'] = Object.fromEntries(
  Object.entries(handlerOptions).map(([name, [, macro, about]]) => [
    name,
    {
      type: 'string',
      value: macro,
      about,
      group: 'The event, each with its macro',
    },
  ]),
);

/** The order of the old handler scripts. */
export const eventOperands =
  '[STATE STATETYPE ATTEMPT HOSTADDRESS HOSTNAME SERVICEDESC]';
