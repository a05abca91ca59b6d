import { describeOutcome } from '../events/describe-outcome.ts';
import { isNotNeeded } from '../events/outcome-record.ts';
import type { StoredEntry } from '../ledger/entry.ts';

/** From the breakage to green, in this order. */
const stepNames = ['alert', 'decide', 'send', 'run', 'green'] as const;
export type StepName = (typeof stepNames)[number];

/** One step of the healing, as the ledger tells it. */
export interface TimelineStep {
  step: StepName;
  /** ISO 8601 */
  at: string;
  /** from the breakage to here */
  offsetSeconds: number;
  /** from the step before to here */
  tookSeconds: number;
  text: string;
}

export interface Timeline {
  /** those that have come, in their order */
  steps: TimelineStep[];
  end:
    | { kind: 'waiting'; next: StepName }
    /** @param corrected what the run put back */
    | { kind: 'healed'; kick: string; corrected: readonly string[] }
    /** it is green, and no run of kicker's made it so */
    | { kind: 'green-without'; why: string };
}

/**
 * Reads the healing of a service out of the ledger. Of several kicks the one counts that the monitor saw helping;
 * until then it is the last.
 * @param entries of the service since the breakage, oldest first
 * @param brokenAt ISO 8601
 */
export function timelineOf(
  entries: readonly StoredEntry[],
  brokenAt: string,
): Timeline {
  const alert = entries.find(
    ({ entry }) =>
      entry.kind === 'event' &&
      entry.body.state !== 'OK' &&
      entry.body.state !== 'UP',
  );
  const decided = entries.find(
    ({ entry }) => entry.kind === 'decision' && entry.body.kind === 'kick',
  );
  const healed = entries.find(
    ({ entry }) => entry.kind === 'verdict' && entry.body.verdict === 'healed',
  );
  const kick =
    healed?.kick ??
    entries.findLast(({ entry }) => entry.kind === 'kick')?.kick;
  const of = entries.filter((entry) => entry.kick === kick);
  const accepted =
    kick === undefined
      ? undefined
      : of.find(
          ({ entry }) =>
            entry.kind === 'reply' && entry.body.kind === 'accepted',
        );
  const outcome =
    kick === undefined
      ? undefined
      : of.find(({ entry }) => entry.kind === 'outcome');

  const steps: TimelineStep[] = [];
  const found = {
    alert,
    decide: decided,
    send: accepted,
    run: outcome,
    green: healed,
  };
  for (const step of stepNames) {
    const entry = found[step];
    if (entry === undefined) break;
    const before = steps.at(-1)?.at ?? brokenAt;
    steps.push({
      step,
      at: entry.at,
      offsetSeconds: secondsBetween(brokenAt, entry.at),
      tookSeconds: secondsBetween(before, entry.at),
      text: wordsOf(entry),
    });
  }
  return {
    steps,
    end: endOf(steps, entries, { kick, outcome, healed, alert }),
  };
}

function endOf(
  steps: readonly TimelineStep[],
  entries: readonly StoredEntry[],
  {
    kick = '',
    outcome,
    healed,
    alert,
  }: {
    kick: string | undefined;
    outcome: StoredEntry | undefined;
    healed: StoredEntry | undefined;
    alert: StoredEntry | undefined;
  },
): Timeline['end'] {
  if (healed !== undefined) {
    const body =
      outcome?.entry.kind === 'outcome' ? outcome.entry.body : undefined;
    if (body !== undefined && isNotNeeded(body)) {
      return {
        kind: 'green-without',
        why: 'the probe on the host was green before the run: nothing was repaired by it',
      };
    }
    const corrected =
      body?.kind === 'ended'
        ? body.outcome.corrected.map(({ resource }) => resource)
        : [];
    return { kind: 'healed', kick, corrected };
  }
  const green = entries.find(
    ({ entry, seq }) =>
      alert !== undefined &&
      seq > alert.seq &&
      entry.kind === 'event' &&
      entry.body.state === 'OK',
  );
  const isKicked = entries.some(({ entry }) => entry.kind === 'kick');
  if (green !== undefined && !isKicked) {
    return {
      kind: 'green-without',
      why: 'the service turned green before kicker decided to kick: something else repaired it',
    };
  }
  // Not all of the five have come: `healed` is the last.
  const next = stepNames[steps.length] ?? 'green';
  return { kind: 'waiting', next };
}

function wordsOf({ entry }: StoredEntry): string {
  switch (entry.kind) {
    case 'event': {
      const { monitor, state, stateType, attempt } = entry.body;
      return `${monitor} says ${state} ${stateType}, attempt ${attempt}`;
    }
    case 'decision': {
      const { rule } = entry.body;
      return `kick${rule === undefined ? '' : `, rule ${rule}`}`;
    }
    case 'reply':
      return `the host accepted the kick: run ${entry.body.run?.run ?? '?'}`;
    case 'outcome': {
      const { body } = entry;
      if (body.kind !== 'ended') return `${body.kind}: ${body.code}`;
      const { run, outcome, durationMs } = body;
      const took = durationMs === undefined ? {} : { durationMs };
      return describeOutcome({ run, noop: false, ...took }, outcome);
    }
    case 'verdict':
      return `${entry.body.verdict} (by ${entry.body.by})`;
    default:
      return entry.kind;
  }
}

function secondsBetween(from: string, to: string): number {
  const ms = Math.max(0, Date.parse(to) - Date.parse(from));
  return Math.round(ms / 10) / 100;
}
