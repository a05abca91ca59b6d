import { parseArgs } from 'node:util';
import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { shownName } from '../../events/name-bytes.ts';
import { isIp } from '../../fleet/address.ts';
import { nearest } from '../../nearest.ts';
import type { NagiosMacros } from './macros.ts';

/** The options of the event handler, each with the macro that fills it: the one table for reading and for help. */
export const handlerOptions = {
  host: ['host', '$HOSTNAME$', 'the host'],
  address: ['address', '$HOSTADDRESS$', 'where Nagios reaches it'],
  service: ['service', '$SERVICEDESC$', 'the service; absent: about the host'],
  state: ['state', '$SERVICESTATE$', 'OK, WARNING, CRITICAL, UNKNOWN'],
  'state-type': ['stateType', '$SERVICESTATETYPE$', 'SOFT, HARD'],
  attempt: ['attempt', '$SERVICEATTEMPT$', 'which attempt'],
  'max-attempts': ['maxAttempts', '$MAXSERVICEATTEMPTS$', 'of how many'],
  'problem-id': ['problemId', '$SERVICEPROBLEMID$', 'one number a problem'],
  since: ['since', '$LASTSERVICESTATECHANGE$', 'when the state changed'],
  'last-ok': [
    'lastOk',
    '$LASTSERVICEOK$',
    'when the problem began; goes before --since',
  ],
  'service-downtime': [
    'serviceDowntime',
    '$SERVICEDOWNTIME$',
    'over 0: in downtime',
  ],
  'host-downtime': ['hostDowntime', '$HOSTDOWNTIME$', 'over 0: in downtime'],
  'host-state': ['hostState', '$HOSTSTATE$', 'UP, DOWN, UNREACHABLE'],
  'ack-author': ['ackAuthor', '$SERVICEACKAUTHOR$', 'who acknowledged it'],
  'host-groups': [
    'hostGroups',
    '$HOSTGROUPNAMES$',
    'the groups of the host, separated by commas',
  ],
  'percent-change': [
    'percentChange',
    '$SERVICEPERCENTCHANGE$',
    'how often it changed of late',
  ],
  at: ['at', '$TIMET$', 'now, as Nagios sees it; an old event is skipped'],
} as const satisfies Record<
  string,
  readonly [macro: keyof NagiosMacros, source: string, about: string]
>;

export type ReadMacros =
  | {
      kind: 'macros';
      macros: NagiosMacros;
      /** what looks wrong, and is taken as it is */
      remarks: string[];
    }
  | { kind: 'faults'; faults: FaultFacts[] };

/** What was handed over: options by their name, and words in the order of old handler scripts. */
export interface HandlerWords {
  options: Readonly<Record<string, string | undefined>>;
  words: readonly string[];
}

/**
 * Reads the arguments of the event handler as they lie in the spool. They are fields of a file and no command line:
 * there is no help, no short option and no negation, and `kicker serve` loads no yargs for them.
 */
export function readHandlerArguments(args: readonly string[]): ReadMacros {
  const options = Object.fromEntries(
    Object.keys(handlerOptions).map((name) => [
      name,
      { type: 'string' as const },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: true,
    });
    return readMacros({ options: values, words: positionals });
  } catch (error) {
    return { kind: 'faults', faults: [faultOf(error)] };
  }
}

function faultOf(error: unknown): FaultFacts {
  const message = error instanceof Error ? error.message : String(error);
  const option = /'(-[^']*)'/.exec(message)?.[1];
  const isUnknown =
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
  if (!isUnknown || option === undefined) {
    // Node's message goes on with advice about its own API.
    return errors.usage(
      'explain',
      printable(message.split('. ')[0] ?? message),
    );
  }
  const known = Object.keys(handlerOptions).map((name) => `--${name}`);
  return option.startsWith('--')
    ? errors.optionUnknown('explain', option, nearest(option, known))
    : errors.optionLikeWord('explain', option);
}

/** In the order of old handler scripts; a name with a blank and without quotes is more. */
const wordsOfService = 6;

/** The macros, from options or from the positional order of old handler scripts; an option wins. */
export function readMacros({ options, words }: HandlerWords): ReadMacros {
  const [state, stateType, attempt, address, host, service] = words;
  const macros: NagiosMacros = {
    host,
    address,
    service,
    state,
    stateType,
    attempt,
  };
  for (const [name, [macro]] of Object.entries(handlerOptions)) {
    const value = options[name];
    if (value !== undefined) macros[macro] = value;
  }
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
