import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { shownName } from '../events/name-bytes.ts';
import { isIp } from '../fleet/address.ts';
import type { NagiosMacros } from '../monitors/nagios/macros.ts';
import { configOption } from './command.ts';
import type { CommandSpec, Given } from './options.ts';

const about = (macro: string, text: string) => ({
  type: 'string' as const,
  value: macro,
  about: text,
  group: 'The event, each with its macro',
});

export const eventNagiosSpec: CommandSpec = {
  name: 'event nagios',
  operands: '[STATE STATETYPE ATTEMPT HOSTADDRESS HOSTNAME SERVICEDESC]',
  about:
    'take an event of Nagios, Naemon or Icinga 1; called by their event handler',
  takesOperands: true,
  options: {
    host: about('$HOSTNAME$', 'the host'),
    address: about('$HOSTADDRESS$', 'where Nagios reaches it'),
    service: about('$SERVICEDESC$', 'the service; absent: about the host'),
    state: about('$SERVICESTATE$', 'OK, WARNING, CRITICAL, UNKNOWN'),
    'state-type': about('$SERVICESTATETYPE$', 'SOFT, HARD'),
    attempt: about('$SERVICEATTEMPT$', 'which attempt'),
    'max-attempts': about('$MAXSERVICEATTEMPTS$', 'of how many'),
    'problem-id': about('$SERVICEPROBLEMID$', 'one number a problem'),
    since: about('$LASTSERVICESTATECHANGE$', 'when the state changed'),
    'last-ok': about(
      '$LASTSERVICEOK$',
      'when the problem began; goes before --since',
    ),
    'service-downtime': about('$SERVICEDOWNTIME$', 'over 0: in downtime'),
    'host-downtime': about('$HOSTDOWNTIME$', 'over 0: in downtime'),
    'host-state': about('$HOSTSTATE$', 'UP, DOWN, UNREACHABLE'),
    'ack-author': about('$SERVICEACKAUTHOR$', 'who acknowledged it'),
    'host-groups': about(
      '$HOSTGROUPNAMES$',
      'the groups of the host, separated by commas',
    ),
    'percent-change': about(
      '$SERVICEPERCENTCHANGE$',
      'how often it changed of late',
    ),
    at: about('$TIMET$', 'now, as Nagios sees it; an old event is skipped'),
    spooled: { type: 'string', about: '', isHidden: true },
    ...configOption,
  },
  examples: [
    [
      "kicker event nagios --host='$HOSTNAME$' --address='$HOSTADDRESS$' --service='$SERVICEDESC$' --state='$SERVICESTATE$' --state-type='$SERVICESTATETYPE$' --attempt='$SERVICEATTEMPT$' --max-attempts='$MAXSERVICEATTEMPTS$' --problem-id='$SERVICEPROBLEMID$' --last-ok='$LASTSERVICEOK$'",
      'in a command definition',
    ],
    [
      'kicker event nagios CRITICAL HARD 4 192.0.2.11 web1.example.com HTTP',
      'the order of the old handler scripts',
    ],
  ],
};

export type ReadMacros =
  | {
      kind: 'macros';
      macros: NagiosMacros;
      /** what looks wrong, and is taken as it is */
      remarks: string[];
    }
  | { kind: 'faults'; faults: FaultFacts[] };

/** In the order of old handler scripts; a name with a blank and without quotes is more. */
const wordsOfService = 6;

/** The macros, from options or from the positional order of old handler scripts; an option wins. */
export function readMacros(given: Given): ReadMacros {
  const words = given.operands;
  const [state, stateType, attempt, address, host, service] = words;
  const macros: NagiosMacros = {
    host: given.text('host') ?? host,
    address: given.text('address') ?? address,
    service: given.text('service') ?? service,
    state: given.text('state') ?? state,
    stateType: given.text('state-type') ?? stateType,
    attempt: given.text('attempt') ?? attempt,
    maxAttempts: given.text('max-attempts'),
    problemId: given.text('problem-id'),
    since: given.text('since'),
    lastOk: given.text('last-ok'),
    at: given.text('at'),
    serviceDowntime: given.text('service-downtime'),
    hostDowntime: given.text('host-downtime'),
    hostState: given.text('host-state'),
    ackAuthor: given.text('ack-author'),
    hostGroups: given.text('host-groups'),
    percentChange: given.text('percent-change'),
  };
  const isTooMany = words.length > wordsOfService;
  if (isTooMany || isTooFew(words, macros)) {
    const faults = [errors.handlerWords(words, isTooMany)];
    return { kind: 'faults', faults };
  }
  return { kind: 'macros', macros, remarks: remarksOn(words) };
}

/** A word that is missing makes a host of the service; five are right for an event about a host. */
function isTooFew(
  words: readonly string[],
  { host, service, state = '' }: NagiosMacros,
): boolean {
  if (words.length === 0) return false;
  const isOfHost = ['UP', 'DOWN', 'UNREACHABLE'].includes(state);
  return host === undefined || (service === undefined && !isOfHost);
}

function remarksOn(words: readonly string[]): string[] {
  const [, , , address = '', host = ''] = words;
  return isIp(host) && address !== '' && !isIp(address)
    ? [
        `the host is ${printable(shownName(host))} and its address ${printable(shownName(address))}: the old order has $HOSTADDRESS$ before $HOSTNAME$`,
      ]
    : [];
}
