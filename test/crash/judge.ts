import { isDeepStrictEqual } from 'node:util';
import type { Outcome, Run } from '@kickd/protocol';
import { exitCodes } from './site.ts';
import type { Entry } from './history.ts';
import type { ToolLine } from './tool.ts';

/** The laws: nothing accepted is lost, nothing runs twice, never two at once, what is told is true. */
export type Law = 'lost' | 'doubled' | 'overlapped' | 'untrue';

export interface Breach {
  law: Law;
  what: string;
  /** kicks and runs that it is about */
  ids: string[];
}

/**
 * Compares what callers were told with what the tool itself wrote.
 * @param history ends with every run seen once more, after kickd has come to rest
 * @param taken the runs that a standby says it has taken
 */
export function judge(
  history: readonly Entry[],
  lines: readonly ToolLine[],
  taken: ReadonlySet<string> = new Set(),
): Breach[] {
  const last = new Map<string, Run>();
  for (const entry of history) {
    if (entry.kind === 'seen') last.set(entry.run.run, entry.run);
  }
  return [
    ...findLost(history, last),
    ...findDoubled(history, lines),
    ...findOverlapped(lines),
    ...findTurned(history),
    ...[...last.values()].flatMap((run) => findUntrue(run, lines)),
    ...[...last.values()].flatMap((run) => findUnhealed(run, taken)),
  ];
}

/** Every 202 has one outcome, of a run that names the kick. */
function findLost(
  history: readonly Entry[],
  last: ReadonlyMap<string, Run>,
): Breach[] {
  const breaches: Breach[] = [];
  for (const entry of history) {
    if (entry.kind === 'refused' && entry.code === 'KICK_CONFLICT') {
      const what = 'a kick is in conflict with itself';
      breaches.push({ law: 'lost', what, ids: [entry.kick] });
    }
    if (entry.kind !== 'accepted') continue;
    const ids = [entry.kick, entry.run.run];
    const run = last.get(entry.run.run);
    const lose = (what: string) => breaches.push({ law: 'lost', what, ids });
    if (run === undefined) lose('the run of an accepted kick is not known');
    else if (run.outcome === undefined) lose('an accepted kick has no outcome');
    else if (!run.kicks.some(({ kick }) => kick === entry.kick)) {
      lose('the run does not know of a kick that it was said to serve');
    }
  }
  return breaches;
}

/** One kick has one run, and one run starts the tool once. */
function findDoubled(
  history: readonly Entry[],
  lines: readonly ToolLine[],
): Breach[] {
  const breaches: Breach[] = [];
  const runOf = new Map<string, string>();
  const note = (kick: string, run: string): void => {
    const known = runOf.get(kick) ?? run;
    runOf.set(kick, known);
    if (known === run) return;
    const what = 'a kick has two runs';
    breaches.push({ law: 'doubled', what, ids: [kick, known, run] });
  };
  for (const entry of history) {
    if (entry.kind === 'accepted') note(entry.kick, entry.run.run);
    if (entry.kind === 'seen') {
      for (const { kick } of entry.run.kicks) note(kick, entry.run.run);
    }
  }
  const started = new Set<string>();
  for (const { what, run } of lines) {
    if (what !== 'start') continue;
    if (started.has(run)) {
      const twice = 'the tool was started twice for one run';
      breaches.push({ law: 'doubled', what: twice, ids: [run] });
    }
    started.add(run);
  }
  return breaches;
}

function findOverlapped(lines: readonly ToolLine[]): Breach[] {
  const breaches: Breach[] = [];
  const alive = new Set<string>();
  for (const { what, run } of lines) {
    if (what !== 'start') {
      alive.delete(run);
      continue;
    }
    for (const other of alive) {
      const two = 'two runs at once';
      breaches.push({ law: 'overlapped', what: two, ids: [other, run] });
    }
    alive.add(run);
  }
  return breaches;
}

/**
 * What was told in an earlier life of kickd is not taken back in a later one: no way back from
 * ended or running, and an outcome stays as it was.
 */
function findTurned(history: readonly Entry[]): Breach[] {
  const rank = { queued: 0, running: 1, ended: 2 };
  const breaches: Breach[] = [];
  const furthest = new Map<string, { point: number; run: Run }>();
  for (const entry of history) {
    if (entry.kind !== 'accepted' && entry.kind !== 'seen') continue;
    const { point, run } = entry;
    const before = furthest.get(run.run);
    if (before === undefined || rank[run.state] >= rank[before.run.state]) {
      furthest.set(run.run, { point, run });
    }
    if (before === undefined) continue;
    const ids = [run.run];
    const { state, outcome } = before.run;
    // replies of one life may overtake each other on their way
    if (point > before.point && rank[run.state] < rank[state]) {
      const what = `a run was told as ${state} and later as ${run.state}`;
      breaches.push({ law: 'untrue', what, ids });
    }
    if (before.run.healed !== undefined && run.healed === undefined) {
      const what = 'what a run had healed is taken back';
      if (point > before.point) breaches.push({ law: 'untrue', what, ids });
    }
    if (
      run.outcome !== undefined &&
      outcome !== undefined &&
      !isDeepStrictEqual(run.outcome, outcome)
    ) {
      breaches.push({ law: 'untrue', what: 'a run has two outcomes', ids });
    }
  }
  return breaches;
}

/** Only a standby heals ahead. */
function findUnhealed(
  { run, healed }: Run,
  taken: ReadonlySet<string>,
): Breach[] {
  if (healed === undefined || taken.has(run)) return [];
  const what = 'a run that no standby has taken was healed';
  return [{ law: 'untrue', what, ids: [run] }];
}

/** Whether the outcome of a run is what the tool says of itself. */
function findUntrue(
  { run, outcome, healed }: Run,
  lines: readonly ToolLine[],
): Breach[] {
  if (outcome === undefined) return [];
  const own = lines.filter((line) => line.run === run);
  const ended = own.find(({ what }) => what === 'end');
  const hasStarted = own.length > 0;
  const wasKilled = own.some(({ what }) => what === 'killed');
  const truth = isTrue(outcome, {
    hasStarted,
    wasKilled,
    isHealed: healed !== undefined,
    ...(ended?.exitCode !== undefined && { exitCode: ended.exitCode }),
  });
  if (truth) return [];
  const did = own.map(({ what, exitCode }) => `${what} ${exitCode ?? ''}`);
  const what = `told as ${JSON.stringify(outcome)}, while the tool did: ${did.join(', ') || 'nothing'}`;
  return [{ law: 'untrue', what, ids: [run] }];
}

function isTrue(
  { kind, code, exitCode }: Outcome,
  tool: {
    hasStarted: boolean;
    wasKilled: boolean;
    isHealed: boolean;
    exitCode?: number;
  },
): boolean {
  switch (kind) {
    case 'unchanged':
    case 'corrected':
    case 'partly':
    case 'failed': {
      const isFailure = kind === 'failed' || kind === 'partly';
      if (isFailure && (kind === 'partly') !== tool.isHealed) return false;
      if (code === 'killed') return tool.wasKilled;
      // it says that it does not know: see docs/decisions/0020-reports-of-any-size.md
      if (code === 'report-unreadable') return tool.hasStarted;
      if (tool.exitCode === undefined) return false;
      const known: Record<number, string> = exitCodes;
      // the first step counts, as if it had been one with the second
      const whole = tool.isHealed && tool.exitCode === 0 ? 2 : tool.exitCode;
      const told = isFailure ? 'failed' : kind;
      return (
        // of a run that it did not see end, kickd knows the report and no code
        (exitCode === whole ||
          (exitCode === undefined && code === undefined)) &&
        told === (known[whole] ?? 'failed')
      );
    }
    case 'refused':
    case 'not-started':
    case 'not-needed':
      return !tool.hasStarted;
    case 'lost':
      // never said of a run that kickd could have seen to its end; and nobody restarts this host
      return code === 'runner-gone';
    case 'cancelled':
      return code === 'cancelled';
    case 'timed-out':
      return false;
  }
}
