import type { Moment } from '../events/moment.ts';

/**
 * What kicker remembers of the past: small records, each a fold of what the ledger holds. A decision
 * reads a handful of them, however long the history.
 *
 * Times in them are *steady* milliseconds: they count from the first record of this ledger, go on across
 * restarts, and are not moved by a change of the wall clock (see steady.ts).
 */
export interface Memories {
  fleet: FleetMemory;
  /** key: the name of a host group; the group of all hosts that are in none is `` */
  group: GroupMemory;
  /** key: certname, or the monitor's name where there is no certname */
  host: HostMemory;
  /** key: see serviceKey */
  service: ServiceMemory;
  /** key: the kick's id; there as long as it has no outcome */
  kick: KickMemory;
  /** key: the CM profile, `` for the host's default */
  server: ServerMemory;
  /** key: what a person was called for, see pageKey; there until it is over */
  page: PageMemory;
}

export interface FleetMemory {
  /** the instant at which the steady clock stood at `steadyMs` */
  moment: Moment;
  steadyMs: number;
  /** kicks without an outcome */
  open: number;
  /** places of guards.concurrency that are taken, by the steady second at which they are given back, see places.ts */
  places?: Record<string, number>;
  /** the same for kicks of hosts that kept their place too long the last time */
  probation?: Record<string, number>;
  /** how long the last runs took from their kick to their outcome, milliseconds, oldest first */
  tookMs?: number[];
  /** when the last kicks were decided, oldest first, at most as many as the rate allows */
  kicks: number[];
  stopped?: { by: string; reason: string; at: string };
  /** somebody was told that a monitor is not to be believed, and it still is not */
  isTrouble?: boolean;
}

export interface GroupMemory {
  /** hosts that count as unhealthy or in healing, by the quarter day since which they do */
  counts: Record<string, number>;
  /** how many hosts it has, as last believed; `told`: another number that has to hold before it is */
  members?: number;
  told?: { members: number; atMs: number };
  storm?: {
    sinceMs: number;
    /** since when the share is below its limit again; absent: it is above */
    belowSinceMs?: number;
    isTold: boolean;
  };
}

export interface HostMemory {
  /** as the monitor last told of the host itself */
  state?: 'UP' | 'DOWN' | 'UNREACHABLE';
  /** services with trouble that nobody has taken on */
  bad: string[];
  /** its groups, as a monitor that knows any last told */
  groups?: string[];
  /** where the host counts now, and under which quarter day */
  counted?: { groups: string[]; quarter: string };
  /** the kick under way on it, and for which service */
  open?: { kick: string; service: string };
  lastKickMs?: number;
  /** when a monitor last told of it, or of one of its services; absent: before this was kept */
  heardMs?: number;
  /** it could not be reached, or kept its place too long: its next kick gets one of few places */
  isSlow?: boolean;
  /** the version of the policy that last said something, see policy-version.ts */
  policy?: string;
  /** a version that has to be told once more before it is believed */
  toldPolicy?: { version: string; run: string; atMs: number };
}

export interface ServiceMemory {
  /** the episode of trouble that lasts; absent: green */
  problem?: ProblemMemory;
  /** when the last kicks were decided, oldest first, at most as many as a period allows */
  kicks: number[];
  /** the kick under way */
  open?: { kick: string; isNoop: boolean };
  /** the run has ended, and the monitor has not yet said whether it helped */
  verifying?: {
    kick: string;
    untilMs: number;
    futileRuns: number;
    /** there was no run: the host's own probe was green */
    isNotNeeded?: true;
  };
  /** when the last run ended, or the last kick came to nothing */
  lastEndMs?: number;
  /** runs in a row that did not help */
  futile: number;
  /** how many of them were no runs, since the host's own probe was green; absent: none */
  notNeeded?: number;
  /** when the service was last healed by a kick */
  healedMs?: number;
  /** when it was last seen turning green */
  greenMs?: number;
  /** no kick any more until the policy changes */
  block?: {
    why: 'futile' | 'too-many-changes';
    atMs: number;
    /** the policy that did not help; absent: it tells no version */
    policy?: string;
  };
  flap: FlapMemory;
}

export interface ProblemMemory {
  sinceMs: number;
  /** each monitor's own id of it */
  ids: Record<string, string>;
  kicks: number;
  /** when a kick was first wanted */
  wantedMs?: number;
  isTold: boolean;
}

export interface FlapMemory {
  /** 21 states, oldest first, a letter each: o w c u */
  states: string;
  lastMs: number;
  /** whether the service is in a SOFT problem since then: its checks are not recorded */
  isSoft: boolean;
  isFlapping: boolean;
  /** how much they change, the later the heavier */
  percent: number;
}

export interface KickMemory {
  certname: string;
  /** when it was decided; absent: from before this was kept */
  atMs?: number;
  /** the place of guards.concurrency that it has; absent: it gave it back */
  place?: { second: string; isProbation: boolean };
  /** when the host took it */
  acceptedMs?: number;
  /** how long its run is expected to last */
  expectMs?: number;
  service: string;
  cm: string;
  isNoop: boolean;
  /** the parts of the rule that judge its end, as they were when it was decided */
  verifySeconds: number;
  futileRuns: number;
  noopChanges: number;
}

export interface ServerMemory {
  /** certnames that got no catalog, each once, oldest first */
  failed: string[];
  /** when each of `failed` last got none; absent: from before this was kept */
  failedMs?: Record<string, number>;
  /** hosts that got a catalog lately: certname -> when */
  servedMs?: Record<string, number>;
  openSinceMs?: number;
  /** the kick that tries whether it is over */
  probe?: string;
  /** until when that kick has to have said so: then another host tries */
  probeUntilMs?: number;
  isTold: boolean;
}

/** A person was called, and was not told yet that it is over. */
export interface PageMemory {
  /** the monitor of the event that led to it; absent: from before monitors had names */
  monitor?: string;
  /** the host of that event, as the monitor names it */
  host: string;
  about:
    /** the problem of one service, by its serviceKey */
    | { kind: 'problem'; service: string }
    | { kind: 'storm'; groups: string[] }
    | { kind: 'server'; cm: string }
    | { kind: 'monitor' }
    /** events that kicker could not read and set aside */
    | { kind: 'events' };
}

export type MemoryKind = keyof Memories;

/** The reading side. What is returned is never changed. */
export interface Memory {
  read<Kind extends MemoryKind>(
    kind: Kind,
    key: string,
  ): Memories[Kind] | undefined;
}

/** A memory that takes in changes one by one, and reads what was written. */
export interface WritableMemory extends Memory {
  /** @param value undefined: the record is forgotten */
  write<Kind extends MemoryKind>(
    kind: Kind,
    key: string,
    value: Memories[Kind] | undefined,
  ): void;
}

/** One record to write, or to forget. */
export type MemoryChange = {
  [Kind in MemoryKind]: {
    kind: Kind;
    key: string;
    value: Memories[Kind] | undefined;
  };
}[MemoryKind];
