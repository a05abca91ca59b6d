import { elapsedMs } from '../events/moment.ts';
import type { RuleSet } from '../decide/rules.ts';
import type { OpenRecord } from '../ledger/entry.ts';
import type { Event } from '../events/event.ts';
import type { Ledger, Timing } from '../ports.ts';
import { settleVerdict } from './finish.ts';

/** Where the rule says nothing: as the default rule. */
const usualSeconds = 5 * 60;
/** How often the monitor's own data are looked at; its events are seen at once all the same. */
const lookMs = 1000;

/** How a service is by the monitor's own data. */
type Watched =
  { kind: 'seen'; isGreen: boolean; checkedMs: number } | { kind: 'not-known' };
export type Watch = (event: Event) => Watched;

/**
 * Waits until it is known whether the run helped. Green by an event: whoever takes the event writes the
 * verdict. Green by the monitor's data counts as soon as it is seen. Still broken is said only when the
 * rule's window is over: a service may need its time to come up.
 */
export async function awaitVerdict(
  open: OpenRecord,
  looking: {
    ledger: Ledger;
    rules: RuleSet;
    timing: Timing;
    own: string;
    hasMonitor: boolean;
    watch: Watch;
  },
  signal: AbortSignal,
): Promise<void> {
  const { ledger, rules, timing, hasMonitor, watch } = looking;
  const { kick, event } = open;
  const windowMs = (open.plan?.verifySeconds ?? usualSeconds) * 1000;
  const settle = (
    verdict: 'healed' | 'still-broken' | 'unknown',
    by: string,
  ): void => {
    ledger.transact((transaction) =>
      settleVerdict(transaction, open, verdict, by, {
        rules,
        now: timing.clock.moment(),
        hasMonitor,
      }),
    );
  };
  while (!signal.aborted) {
    const present = ledger.findOpen({ kick });
    if (present?.progress.stage !== 'verify') return;
    if (present.owner !== looking.own) return;
    const { since } = present.progress;
    const now = timing.clock.moment();
    const seen = watch(event);
    const isLater =
      seen.kind === 'seen' && seen.checkedMs >= since.wallMs - 1000;
    if (isLater && seen.isGreen) {
      settle('healed', 'status data');
      return;
    }
    const leftMs = windowMs - elapsedMs(since, now);
    if (leftMs <= 0) {
      if (isLater) settle('still-broken', 'status data');
      else if (hasMonitor) settle('still-broken', 'no recovery was told');
      else settle('unknown', 'the monitor was not asked');
      return;
    }
    await timing.pause(Math.min(lookMs, leftMs), signal);
  }
}
