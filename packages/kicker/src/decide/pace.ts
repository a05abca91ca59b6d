import { showMs, type Finding } from './finding.ts';
import type { Situation } from './situation.ts';

/** At most so many kicks under way at once, in the whole fleet. */
export function judgeConcurrency({ fleet, rules }: Situation): Finding {
  const most = rules.guards.concurrency;
  if (fleet.open < most) return undefined;
  return {
    kind: 'wait',
    code: 'concurrency',
    reason: `${fleet.open} kicks are under way (guards.concurrency is ${most})`,
    againAfterMs: 5 * 1000,
  };
}

/** At most so many kicks in a while. */
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
