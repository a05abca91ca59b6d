import { Fault } from '@kickd/protocol';
import { showMs } from '../decide/finding.ts';
import { whyNot } from '../drill/end-words.ts';
import { timelineOf, type StepName, type Timeline } from '../drill/timeline.ts';
import { typed } from '../errors.ts';
import type { DrillOptions } from './drill-options.ts';
import type { Parts } from './drill-parts.ts';
import type { DrillRecord } from './views/drill.ts';

/** The ledger is looked at so often; it is a file that another process writes. */
const lookMs = 500;
/** As many entries of the service are read at once. */
const entriesMost = 500;

/** How the healing went. */
type Watched = { steps: Timeline['steps'] } & (
  | { healed: { kick: string; corrected: readonly string[] } }
  | { why: string; look: string }
  /** nothing is to be mended */
  | { why: string; look: string; isGreen: true }
);

/** Follows what the kicker that serves writes into the ledger, and tells each step as it comes. */
export async function* watch(
  parts: Parts,
  drillKick: string,
  brokenAt: string,
): AsyncGenerator<DrillRecord, Watched, void> {
  try {
    return yield* watchLedger(parts, drillKick, brokenAt);
  } catch (error) {
    // What is broken has to be mended all the same.
    if (!(error instanceof Fault)) throw error;
    const { code, message, remedy } = error;
    return { steps: [], why: `${code}: ${message}`, look: remedy };
  }
}

async function* watchLedger(
  { options, ledger, shell, watching }: Parts,
  drillKick: string,
  brokenAt: string,
): AsyncGenerator<DrillRecord, Watched, void> {
  const { host, service, timeoutMs } = options;
  const { signal, clock } = shell;
  const [began] = ledger.entriesOf({ kick: drillKick });
  const since = began?.seq ?? 0;
  const startMs = clock.monotonicMs();
  const told = new Set<string>();
  for (;;) {
    const entries = ledger
      .history({ host, service }, Number.MAX_SAFE_INTEGER, entriesMost)
      .filter(({ seq, entry }) => seq > since && entry.kind !== 'drill')
      .toReversed();
    const { steps, end } = timelineOf(entries, brokenAt);
    for (const step of steps) {
      const key = `${step.step} ${step.at}`;
      if (told.has(key)) continue;
      told.add(key);
      yield { record: 'step', ...step };
    }
    if (end.kind === 'healed') return { steps, healed: end };
    const look = lookOf(
      end.kind === 'waiting' ? end.next : 'green',
      options,
      watching.monitor.name,
    );
    if (end.kind === 'green-without') {
      return { steps, why: end.why, look, isGreen: true };
    }
    const passedMs = clock.monotonicMs() - startMs;
    if (signal.aborted) {
      return { steps, why: `interrupted after ${showMs(passedMs)}`, look };
    }
    const leftMs = timeoutMs - passedMs;
    if (leftMs <= 0) {
      return { steps, why: whyNot(end.next, showMs(timeoutMs)), look };
    }
    await shell.pause(Math.min(lookMs, leftMs), signal);
  }
}

/** The one command that looks at the step that did not come. */
function lookOf(
  next: StepName,
  { host, service }: DrillOptions,
  monitor: string,
): string {
  return {
    alert: `kicker doctor --monitor ${typed(monitor)}`,
    decide: `kicker why ${typed(host)} ${typed(service)}`,
    send: `kicker doctor ${typed(host)}`,
    run: `kicker runs ${typed(host)}`,
    green: `kicker why ${typed(host)} ${typed(service)}`,
  }[next];
}
