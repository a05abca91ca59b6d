import { keyOf, type SeenHost, type SeenState } from './objects.ts';

/** What Icinga says by now, as far as it was asked and has told: read without waiting, written by who follows it. */
export interface Snapshot {
  /** Somebody follows from now on. */
  begin(nowMs: number): void;
  /** when all was asked for last, as it stood then; undefined: never */
  syncedMs(): number | undefined;
  /** since when nobody could be asked, or the stream is closed; undefined: neither is so */
  downSinceMs(): { api?: number; stream?: number };
  streamIs(isOpen: boolean, nowMs: number): void;

  setHosts(hosts: Map<string, SeenHost>): void;
  setHost(name: string, host: SeenHost): void;
  host(name: string): SeenHost | undefined;
  /** group → its hosts */
  members(group: string): readonly string[] | undefined;
  /** hosts that are down or have a CRITICAL service, where nobody has taken that on */
  unhealthy(): ReadonlySet<string>;

  state(key: string): SeenState | undefined;
  states(): Iterable<[string, SeenState]>;
  setState(state: SeenState): void;
  /** it is not there, or may not be seen */
  forget(key: string): void;
  isMissing(key: string): boolean;

  /** object → who acknowledged its problem */
  setAuthors(authors: Map<string, string>): void;
  setAuthor(key: string, author: string): void;
  endAcknowledgement(key: string): void;
  author(key: string): string | undefined;

  /** All was asked for at that instant: what is green for long is forgotten. */
  synced(askedMs: number): void;
}

/** A service that is green is kept for so long: whoever waits for its recovery has seen it by then. */
const greenMs = 60 * 60 * 1000;

export function createSnapshot(): Snapshot {
  let hosts = new Map<string, SeenHost>();
  let groups: Map<string, string[]> | undefined;
  let sick: Set<string> | undefined;
  const states = new Map<string, SeenState>();
  const missing = new Set<string>();
  let authors = new Map<string, string>();
  let syncedMs: number | undefined;
  let beganMs: number | undefined;
  let streamDownMs: number | undefined;
  const change = (key: string, part: Partial<SeenState>): void => {
    const state = states.get(key);
    if (state !== undefined) states.set(key, { ...state, ...part });
    sick = undefined;
  };
  return {
    begin: (nowMs) => {
      beganMs = nowMs;
      streamDownMs = nowMs;
    },
    syncedMs: () => syncedMs,
    downSinceMs: () => {
      const api = Math.max(beganMs ?? 0, syncedMs ?? 0);
      return {
        ...(beganMs === undefined ? {} : { api }),
        ...(streamDownMs === undefined ? {} : { stream: streamDownMs }),
      };
    },
    streamIs: (isOpen, nowMs) => {
      streamDownMs = isOpen ? undefined : (streamDownMs ?? nowMs);
    },
    setHosts: (all) => {
      hosts = all;
      groups = undefined;
      sick = undefined;
    },
    setHost: (name, host) => {
      // The groups of a host change with a reload alone, and that is a question about all.
      if (!hosts.has(name)) groups = undefined;
      hosts.set(name, host);
      sick = undefined;
    },
    host: (name) => hosts.get(name),
    members: (group) => {
      groups ??= membersOf(hosts);
      return groups.get(group);
    },
    unhealthy: () => {
      sick ??= unhealthyOf(hosts, states.values());
      return sick;
    },
    state: (key) => states.get(key),
    states: () => states,
    setState: (state) => {
      const key = keyOf(state.host, state.service);
      states.set(key, state);
      missing.delete(key);
      sick = undefined;
    },
    forget: (key) => {
      states.delete(key);
      missing.add(key);
      sick = undefined;
    },
    isMissing: (key) => missing.has(key),
    setAuthors: (all) => {
      authors = all;
    },
    setAuthor: (key, author) => {
      authors.set(key, author);
      change(key, { isAcknowledged: true });
    },
    endAcknowledgement: (key) => {
      authors.delete(key);
      change(key, { isAcknowledged: false });
    },
    author: (key) => authors.get(key),
    synced: (askedMs) => {
      syncedMs = askedMs;
      missing.clear();
      for (const [key, state] of states) {
        if (!state.isProblem && state.askedMs < askedMs - greenMs) {
          states.delete(key);
        }
      }
    },
  };
}

function membersOf(
  hosts: ReadonlyMap<string, SeenHost>,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, host] of hosts) {
    for (const group of host.groups) {
      const members = found.get(group);
      if (members === undefined) found.set(group, [name]);
      else members.push(name);
    }
  }
  return found;
}

const critical = 2;

function unhealthyOf(
  hosts: ReadonlyMap<string, SeenHost>,
  states: Iterable<SeenState>,
): Set<string> {
  const found = new Set<string>();
  for (const [name, host] of hosts) {
    const isTakenOn = host.isAcknowledged || host.inDowntime;
    if (host.isDown && !host.isPending && !isTakenOn) found.add(name);
  }
  for (const one of states) {
    const isTakenOn = one.isAcknowledged || one.inDowntime;
    if (
      one.service !== undefined &&
      one.state === critical &&
      one.isProblem &&
      !isTakenOn &&
      hosts.get(one.host)?.inDowntime !== true
    ) {
      found.add(one.host);
    }
  }
  return found;
}
