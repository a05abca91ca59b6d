import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { Event, HostState, State } from '../../events/event.ts';

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
  /** $SERVICEDOWNTIME$, depth */
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
    }
  | { kind: 'faults'; faults: FaultFacts[] };

/**
 * Turns the macros of a Nagios (or Naemon, Icinga 1) event handler into an event.
 * Every bad value is named, not only the first. An unexpanded `$MACRO$` is its own mistake:
 * it means that the command definition is wrong, not the service.
 * @see https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macrolist.html
 */
export function parseNagios(macros: NagiosMacros): ParsedEvent {
  const faults: FaultFacts[] = [];
  const read = createReader(macros, faults);

  const host = read.label('host', 'the monitor’s name of the host');
  const service = read.optionalLabel('service');
  const isAboutHost = (macros.service ?? '') === '';
  const state = read.word('state', isAboutHost ? hostStates : serviceStates);
  const stateType = read.word('stateType', ['SOFT', 'HARD'] as const);
  const attempt = read.count('attempt');
  const maxAttempts = read.optionalCount('maxAttempts');
  const problem = read.optionalLabel('problemId');
  const lastChange = read.instant('since');
  const since = read.instant('lastOk') ?? lastChange;
  const at = read.instant('at');
  const serviceDowntime = read.depth('serviceDowntime');
  const hostDowntime = read.depth('hostDowntime');
  const hostState = read.optionalWord('hostState', hostStates);
  const address = read.optionalLabel('address');
  const acknowledgedBy = read.optionalLabel('ackAuthor');
  const groups = read.names('hostGroups');
  const percentChange = read.percent('percentChange');

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
    monitor: 'nagios',
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
  if (since !== undefined) event.since = since;
  if (at !== undefined) event.at = at;
  if (hostState !== undefined) event.hostState = hostState;
  if (acknowledgedBy !== undefined) event.acknowledgedBy = acknowledgedBy;
  if (percentChange !== undefined) event.percentChange = percentChange;
  return { kind: 'event', event, groups };
}

const serviceStates = [
  'OK',
  'WARNING',
  'CRITICAL',
  'UNKNOWN',
] as const satisfies State[];
const hostStates = ['UP', 'DOWN', 'UNREACHABLE'] as const satisfies HostState[];

/** The option and the macro that fills it, to name both in a fault. */
const sources: Record<keyof NagiosMacros, { option: string; macro: string }> = {
  host: { option: '--host', macro: '$HOSTNAME$' },
  address: { option: '--address', macro: '$HOSTADDRESS$' },
  service: { option: '--service', macro: '$SERVICEDESC$' },
  state: { option: '--state', macro: '$SERVICESTATE$' },
  stateType: { option: '--state-type', macro: '$SERVICESTATETYPE$' },
  attempt: { option: '--attempt', macro: '$SERVICEATTEMPT$' },
  maxAttempts: { option: '--max-attempts', macro: '$MAXSERVICEATTEMPTS$' },
  problemId: { option: '--problem-id', macro: '$SERVICEPROBLEMID$' },
  since: { option: '--since', macro: '$LASTSERVICESTATECHANGE$' },
  lastOk: { option: '--last-ok', macro: '$LASTSERVICEOK$' },
  at: { option: '--at', macro: '$TIMET$' },
  serviceDowntime: { option: '--service-downtime', macro: '$SERVICEDOWNTIME$' },
  hostDowntime: { option: '--host-downtime', macro: '$HOSTDOWNTIME$' },
  hostState: { option: '--host-state', macro: '$HOSTSTATE$' },
  ackAuthor: { option: '--ack-author', macro: '$SERVICEACKAUTHOR$' },
  hostGroups: { option: '--host-groups', macro: '$HOSTGROUPNAMES$' },
  percentChange: {
    option: '--percent-change',
    macro: '$SERVICEPERCENTCHANGE$',
  },
};

/** What the protocol calls a Label. */
// oxlint-disable-next-line no-misleading-character-class
const labelPattern = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,200}$/;

function createReader(macros: NagiosMacros, faults: FaultFacts[]) {
  /** The text, where one was given; an unexpanded macro counts as a fault and as none. */
  function text(name: keyof NagiosMacros): string | undefined {
    const value = macros[name];
    if (value === undefined || value === '') return undefined;
    const { option, macro } = sources[name];
    if (/\$[A-Z][A-Z0-9_]*(:[^$]*)?\$/.test(value)) {
      faults.push(errors.macroNotExpanded(option, value, macro));
      return undefined;
    }
    return value;
  }
  function bad(name: keyof NagiosMacros, value: string, wanted: string): void {
    const { option, macro } = sources[name];
    faults.push(errors.macroBad(option, value, wanted, macro));
  }
  function required<Value>(
    name: keyof NagiosMacros,
    wanted: string,
    value: Value | undefined,
  ): Value | undefined {
    const isMissing = macros[name] === undefined || macros[name] === '';
    if (isMissing) bad(name, '', wanted);
    return value;
  }
  function optionalLabel(name: keyof NagiosMacros): string | undefined {
    const value = text(name);
    if (value === undefined) return undefined;
    if (labelPattern.test(value)) return value;
    bad(
      name,
      value,
      'at most 200 characters, none of them a control character',
    );
    return undefined;
  }
  function optionalWord<Word extends string>(
    name: keyof NagiosMacros,
    words: readonly Word[],
  ): Word | undefined {
    const value = text(name);
    if (value === undefined) return undefined;
    const word = words.find((known) => known === value);
    if (word === undefined) bad(name, value, `one of ${words.join(', ')}`);
    return word;
  }
  function optionalNumber(
    name: keyof NagiosMacros,
    least: number,
    most: number,
    wanted: string,
  ): number | undefined {
    const value = text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    bad(name, value, wanted);
    return undefined;
  }
  const attempts = 'a whole number from 1 to 1000';
  return {
    optionalLabel,
    optionalWord,
    label: (name: keyof NagiosMacros, wanted: string) =>
      required(name, wanted, optionalLabel(name)),
    word: <Word extends string>(
      name: keyof NagiosMacros,
      words: readonly Word[],
    ) =>
      required(name, `one of ${words.join(', ')}`, optionalWord(name, words)),
    optionalCount: (name: keyof NagiosMacros) =>
      optionalNumber(name, 1, 1000, attempts),
    count: (name: keyof NagiosMacros) =>
      required(name, attempts, optionalNumber(name, 1, 1000, attempts)),
    names: (name: keyof NagiosMacros): string[] => {
      const names = (text(name) ?? '').split(',').filter((one) => one !== '');
      if (names.every((one) => labelPattern.test(one))) return names;
      bad(name, names.join(','), 'names of at most 200 characters each');
      return [];
    },
    percent: (name: keyof NagiosMacros): number | undefined => {
      const value = text(name);
      if (value === undefined) return undefined;
      const percent = /^\d{1,3}(\.\d{1,6})?$/.test(value)
        ? Number(value)
        : Number.NaN;
      if (percent <= 100) return percent;
      bad(name, value, 'a share, 0 to 100');
      return undefined;
    },
    depth: (name: keyof NagiosMacros) =>
      optionalNumber(name, 0, 1_000_000, 'a depth: 0, 1, 2 …') ?? 0,
    /** Epoch seconds to ISO 8601; 0, Nagios's "never", is none. The end is the year 9999. */
    instant: (name: keyof NagiosMacros) => {
      const seconds = optionalNumber(
        name,
        0,
        253_402_300_799,
        'seconds since the epoch',
      );
      return seconds === undefined || seconds === 0
        ? undefined
        : new Date(seconds * 1000).toISOString();
    },
  };
}
