import { defaultRule } from '../decide/default-rules.ts';
import type { Event } from '../events/event.ts';
import { elapsedMs } from '../events/moment.ts';
import type { OpenRecord, Progress } from '../ledger/entry.ts';
import type { SeenService, Timing } from '../ports.ts';
import type { KickNews } from './life.ts';

/** How often the monitor's own data are looked at; its events are seen at once all the same. */
const lookMs = 1000;

export type Watch = (event: Event) => SeenService;

/**
 * Waits until it is known whether the run helped. Green by an event: whoever handles the event tells the kick. Green
 * by the monitor's data counts as soon as it is seen. Still broken is said only when the rule's window is over: a
 * service may need its time to come up.
 * @param canRecheck whether the monitor was asked to look: then its silence says something
 */
export async function awaitVerdict(
  { event, plan }: OpenRecord,
  store: {
    read(): Progress | undefined;
    tell(news: KickNews): void;
  },
  {
    timing,
    watch,
    canRecheck,
  }: { timing: Timing; watch: Watch; canRecheck: boolean },
  signal: AbortSignal,
): Promise<void> {
  // A kicker that knew no rules left no plan.
  const { verifySeconds } = plan ?? defaultRule;
  const windowMs = verifySeconds * 1000;
  while (!signal.aborted) {
    const at = store.read();
    if (at?.stage !== 'verifying') return;
    const now = timing.clock.moment();
    const seen = watch(event);
    // Its clock has whole seconds.
    const isLater =
      // Stryker disable next-line ConditionalExpression: what is not known has no time
      seen.kind === 'seen' && seen.checkedMs >= at.since.wallMs - 1000;
    if (isLater && seen.isGreen) {
      store.tell({ kind: 'green', by: 'status data' });
      return;
    }
    const leftMs = windowMs - elapsedMs(at.since, now);
    if (leftMs <= 0) {
      store.tell({ kind: 'window-over', ...verdictOf(isLater, canRecheck) });
      return;
    }
    await timing.pause(Math.min(lookMs, leftMs), signal);
  }
}

function verdictOf(
  isSeen: boolean,
  canRecheck: boolean,
): { verdict: 'still-broken' | 'unknown'; by: string } {
  if (isSeen) return { verdict: 'still-broken', by: 'status data' };
  return canRecheck
    ? { verdict: 'still-broken', by: 'no recovery was told' }
    : { verdict: 'unknown', by: 'the monitor was not asked' };
}
