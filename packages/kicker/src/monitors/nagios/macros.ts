import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { Event, HostState, State } from '../../events/event.ts';
import {
  aCount,
  aDepth,
  aLabel,
  aName,
  anAuthor,
  anInstant,
  aShare,
  oneOf,
} from './macro-kinds.ts';
import {
  createMacroReader,
  macroSources,
  type MacroReader,
} from './macro-reader.ts';

/** The values of Nagios's macros, as its command line hands them over: texts, some absent. */
export interface NagiosMacros {
  /** $HOSTNAME$ */
  host?: string | undefined;
  /** $HOSTADDRESS$ */
  address?: string | undefined;
  /** $SERVICEDESC$; absent for an event about the host */
  service?: string | undefined;
  /** $SERVICESTATE$, or $HOSTSTATE$ for a host */
  state?: string | undefined;
  /** $SERVICESTATETYPE$ */
  stateType?: string | undefined;
  /** $SERVICEATTEMPT$ */
  attempt?: string | undefined;
  /** $MAXSERVICEATTEMPTS$ */
  maxAttempts?: string | undefined;
  /** $SERVICEPROBLEMID$; 0 means none */
  problemId?: string | undefined;
  /** $LASTSERVICESTATECHANGE$, epoch seconds; 0 means never. Moves when SOFT becomes HARD */
  since?: string | undefined;
  /** $LASTSERVICEOK$, epoch seconds: the beginning of the problem in each of its calls; 0: never OK */
  lastOk?: string | undefined;
  /** $TIMET$, epoch seconds */
  at?: string | undefined;
  /** $SERVICEDOWNTIME$, depth; 0 and less: none */
  serviceDowntime?: string | undefined;
  /** $HOSTDOWNTIME$, depth */
  hostDowntime?: string | undefined;
  /** $HOSTSTATE$ */
  hostState?: string | undefined;
  /** $SERVICEACKAUTHOR$ */
  ackAuthor?: string | undefined;
  /** $HOSTGROUPNAMES$, separated by commas */
  hostGroups?: string | undefined;
  /** $SERVICEPERCENTCHANGE$, how often it changed of late */
  percentChange?: string | undefined;
}

export type ParsedEvent =
  | {
      kind: 'event';
      event: Event;
      /** the host groups that the monitor named */
      groups: string[];
      /** what the monitor said and could not be read, in words */
      remarks: string[];
    }
  | { kind: 'faults'; faults: FaultFacts[] };

/**
 * Turns the macros of a Nagios (or Naemon, Icinga 1) event handler into an event.
 *
 * Host, service, state, state type and attempt are the event: every one that is bad is a fault, not only the first. All
 * else is left out with a remark where it cannot be read, for no service may stay broken over an odd number beside it.
 * An unexpanded `$MACRO$` is its own mistake: it means that the command definition is wrong, not the service.
 * @see https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macrolist.html
 */
export function parseNagios(
  macros: NagiosMacros,
  monitor: string,
): ParsedEvent {
  const faults: FaultFacts[] = [];
  const remarks: string[] = [];
  const read = createMacroReader(macros, faults, remarks);

  const host = read.needed('host', aName);
  const service = read.identity('service', aName);
  const state = readState(macros, faults, read);
  const stateType = read.needed('stateType', oneOf(['SOFT', 'HARD'] as const));
  const attempt = read.needed('attempt', aCount);
  const maxAttempts = read.optional('maxAttempts', aCount);
  const problem = read.optional('problemId', aLabel);
  const lastChange = read.optional('since', anInstant);
  // Never OK: the last change is the beginning.
  const since = read.optional('lastOk', anInstant) || lastChange;
  const at = read.optional('at', anInstant);
  const serviceDowntime = read.optional('serviceDowntime', aDepth) ?? 0;
  const hostDowntime = read.optional('hostDowntime', aDepth) ?? 0;
  const hostState = read.optional('hostState', oneOf(hostStates));
  const address = read.optional('address', aLabel);
  const acknowledgedBy = read.optional('ackAuthor', anAuthor);
  const groups = (macros.hostGroups ?? '').split(',').flatMap((group) => {
    const own = createMacroReader({ hostGroups: group }, faults, remarks);
    return own.optional('hostGroups', aName) ?? [];
  });
  const percentChange = read.optional('percentChange', aShare);

  if (
    host === undefined ||
    state === undefined ||
    stateType === undefined ||
    attempt === undefined ||
    faults.length > 0
  ) {
    return { kind: 'faults', faults };
  }
  const event: Event = {
    monitor,
    host,
    state,
    stateType,
    attempt,
    inDowntime: serviceDowntime > 0 || hostDowntime > 0,
  };
  if (address !== undefined) event.address = address;
  if (service !== undefined) event.service = service;
  if (maxAttempts !== undefined) event.maxAttempts = maxAttempts;
  if (problem !== undefined && problem !== '0') event.problem = problem;
  if (since) event.since = since;
  if (at) event.at = at;
  if (hostState !== undefined) event.hostState = hostState;
  if (acknowledgedBy !== undefined) event.acknowledgedBy = acknowledgedBy;
  if (percentChange !== undefined) event.percentChange = percentChange;
  return { kind: 'event', event, groups, remarks };
}

const serviceStates = [
  'OK',
  'WARNING',
  'CRITICAL',
  'UNKNOWN',
] as const satisfies State[];
const hostStates = ['UP', 'DOWN', 'UNREACHABLE'] as const satisfies HostState[];

/** The state of a service without a service: it is the service that is missing, the state is right. */
function readState(
  { service = '', state = '' }: NagiosMacros,
  faults: FaultFacts[],
  read: MacroReader,
): State | undefined {
  if (service !== '') return read.needed('state', oneOf(serviceStates));
  if (!serviceStates.some((known) => known === state)) {
    return read.needed('state', oneOf(hostStates));
  }
  const { option, macro } = macroSources.service;
  const wanted = `the service, as ${state} is no state of a host`;
  faults.push(errors.macroBad(option, '', wanted, macro));
  return undefined;
}
