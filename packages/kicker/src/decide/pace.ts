import type { WaitCode } from './decision.ts';
import { showMs, type Finding } from './finding.ts';
import { probationMost, takenAt } from './places.ts';
import type { Situation } from './situation.ts';

/** At most this many kicks that load the CM server at once, in the whole fleet; see places.ts. */
export function judgeConcurrency({
  fleet,
  host,
  rules,
  atMs,
}: Situation): Finding {
  const most = rules.guards.concurrency;
  const taken = takenAt(fleet.places, atMs);
  if (taken >= most) {
    return waitFor(
      'concurrency',
      `${taken} kicks are under way (guards.concurrency is ${most})`,
    );
  }
  if (host?.isSlow !== true) return undefined;
  const slowMost = probationMost(most);
  const slow = takenAt(fleet.probation, atMs);
  if (slow < slowMost) return undefined;
  return waitFor(
    'slow-host',
    `${slow} kicks are under way for hosts that did not answer, or did not end their run in time, as this one (at most ${slowMost} of guards.concurrency, which is ${most})`,
  );
}

function waitFor(code: WaitCode, reason: string): Finding {
  return { kind: 'wait', code, reason, againAfterMs: 5 * 1000 };
}

/** At most this many kicks in a while. */
export function judgeRate({ fleet, rules, atMs }: Situation): Finding {
  const { kicks, perSeconds } = rules.guards.rate;
  const oldest = fleet.kicks.at(-kicks);
  if (oldest === undefined) return undefined;
  const leftMs = oldest + perSeconds * 1000 - atMs;
  if (leftMs <= 0) return undefined;
  return {
    kind: 'wait',
    code: 'rate',
    reason: `there were ${kicks} kicks within ${showMs(perSeconds * 1000)} (guards.rate)`,
    againAfterMs: leftMs,
  };
}
