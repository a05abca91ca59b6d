/** A downtime or a flapping that a log has told of. */
export interface Flag {
  sinceMs: number;
  /** when it ends by itself */
  untilMs?: number;
  /** when it was told: see `createStarts` */
  order: number;
}

/** A log that lost the end of a flag would keep a service from every kick: an older one is named. */
export const flagOldMs = 3 * 24 * 60 * 60 * 1000;

/**
 * Counts what the logs tell, so that a start of the monitor ends all flags that were told before it in one step: it tells
 * again of each that lasts.
 */
export interface Starts {
  /** @param isAlone no other log covers that time, so it is the only monitor */
  begin(source: number, isAlone: boolean): void;
  /** the place in the order of what is told now */
  next(): number;
  /** when the monitor of a log last started */
  lastOf(source: number): number;
}

export function createStarts(): Starts {
  let order = 0;
  let ofAll = 0;
  const ofSource = new Map<number, number>();
  return {
    begin: (source, isAlone) => {
      order += 1;
      if (isAlone) ofAll = order;
      else ofSource.set(source, order);
    },
    next: () => (order += 1),
    lastOf: (source) => Math.max(ofAll, ofSource.get(source) ?? 0),
  };
}

export function isOn(
  flag: Flag | undefined,
  startOrder: number,
  atMs: number,
): flag is Flag {
  return (
    flag !== undefined &&
    flag.order > startOrder &&
    (flag.untilMs === undefined || atMs < flag.untilMs)
  );
}

/** A downtime as it was scheduled. */
export interface Plan {
  startMs: number;
  endMs: number;
  /** of a flexible one that has not begun */
  flexibleMs?: number;
}

/** Nagios begins a downtime within the second; the log of a busy one may be late. */
const lateMs = 60 * 1000;

/**
 * When a downtime ends that begins now, by the plans for it: the last of those that it can be.
 * @returns undefined where it was not scheduled in the log
 */
export function endOfDowntime(
  plans: readonly Plan[],
  atMs: number,
): number | undefined {
  let untilMs: number | undefined;
  for (const plan of plans) {
    if (plan.startMs > atMs + lateMs || plan.endMs <= atMs) continue;
    if (plan.flexibleMs !== undefined) {
      // From now on it is a downtime like another: a restart begins it again, and not anew.
      plan.endMs = atMs + plan.flexibleMs;
      delete plan.flexibleMs;
    }
    untilMs = Math.max(untilMs ?? 0, plan.endMs);
  }
  return untilMs;
}

/** One more, without those that are over. */
export function withPlan(
  plans: readonly Plan[],
  plan: Plan,
  atMs: number,
): Plan[] {
  return [...plans.filter(({ endMs }) => endMs > atMs), plan];
}
