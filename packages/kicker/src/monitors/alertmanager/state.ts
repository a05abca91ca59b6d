import type { Event } from '../../events/event.ts';
import { comparedId } from '../../events/problem-id.ts';
import { forgetOldest, watchedForMs } from '../asked.ts';
import type { Looked } from './prometheus.ts';
import type { Alert, Alerts } from './snapshot.ts';

/** Data that are older say nothing. */
export const staleMs = 60_000;
/** Told alerts that are remembered, so that an alert that nobody told of is noticed. */
const toldMost = 10_000;

export type AlertState = ReturnType<typeof createAlertState>;

/** What was told, what the API said last, and what is watched. */
export function createAlertState() {
  /** problem id, as it is compared → the event that told of it; the oldest go first */
  const told = new Map<string, Event>();
  const watched = new Map<string, { event: Event; untilMs: number }>();
  const looks = new Map<string, { look: Looked; atMs: number }>();
  /** problem id → since when the API has it no more */
  const goneMs = new Map<string, number>();
  /** their ends were told; an answer from before has them still */
  const ended = new Set<string>();
  const ownSilences = new Set<string>();
  const otherSilences = new Set<string>();
  const state = {
    alerts: undefined as Alerts | undefined,
    atMs: 0,
    told,
    ended,
    goneMs,
    ownSilences,
    otherSilences,
    take: (alerts: Alerts, nowMs: number): void => {
      state.alerts = alerts;
      state.atMs = nowMs;
      for (const [problem] of told) {
        const [fingerprint = ''] = problem.split('/');
        if (alerts.has(fingerprint)) goneMs.delete(problem);
        else if (!goneMs.has(problem)) goneMs.set(problem, nowMs);
      }
    },
    remember: (event: Event): void => {
      const problem = idOf(event);
      if (problem === undefined) return;
      if (event.state === 'OK') {
        state.forget(problem);
        ended.add(problem);
        forgetOldest(ended, toldMost, (first) => ended.delete(first));
      } else {
        ended.delete(problem);
        told.set(problem, event);
        forgetOldest(told, toldMost, (oldest) => state.forget(oldest));
      }
    },
    forget: (problem: string): void => {
      told.delete(problem);
      goneMs.delete(problem);
      looks.delete(problem);
      watched.delete(problem);
    },
    watch: (event: Event, nowMs: number): void => {
      const problem = idOf(event);
      if (problem === undefined) return;
      watched.set(problem, { event, untilMs: nowMs + watchedForMs });
    },
    isWatching: (nowMs: number): boolean =>
      [...watched.values()].some(({ untilMs }) => untilMs > nowMs),
    /** what is watched, and what is gone without a word */
    toLookAt: (nowMs: number): Event[] => {
      for (const [problem, { untilMs }] of watched) {
        if (untilMs <= nowMs) watched.delete(problem);
      }
      const events = new Map<string, Event>();
      for (const [problem, { event }] of watched) events.set(problem, event);
      for (const problem of goneMs.keys()) {
        const event = told.get(problem);
        if (event !== undefined) events.set(problem, event);
      }
      return [...events.values()];
    },
    looked: (event: Event, look: Looked, atMs: number): void =>
      void looks.set(idOf(event) ?? '', { look, atMs }),
    lookedAt: (event: Event, nowMs: number): Looked => {
      const { look, atMs = 0 } = looks.get(idOf(event) ?? '') ?? {};
      return look === undefined || nowMs - atMs > staleMs
        ? { kind: 'not-known' }
        : look;
    },
  };
  return state;
}

/** What its problem is known by: webhook and API write it with different digits. */
export function idOf({ problem }: Event): string | undefined {
  return problem === undefined ? undefined : comparedId(problem);
}

/** Silenced by a person, or inhibited: as a downtime elsewhere. */
export function isHeldByOthers(
  alert: Alert,
  own: ReadonlySet<string>,
): boolean {
  return (
    alert.inhibitedBy.length > 0 || alert.silencedBy.some((id) => !own.has(id))
  );
}

/** Of a kicker before this one, perhaps, or of a person. */
export function hasUnknownSilence(
  alerts: Alerts,
  { ownSilences: own, otherSilences: other }: AlertState,
): boolean {
  return Array.from(alerts.values(), ({ silencedBy }) => silencedBy)
    .flat()
    .some((id) => !own.has(id) && !other.has(id));
}
