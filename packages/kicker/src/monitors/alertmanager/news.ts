import type { Event } from '../../events/event.ts';
import { messageOfPayload } from '../payload.ts';
import type { Alert } from './snapshot.ts';
import { isHeldByOthers, type AlertState } from './state.ts';

/** Alertmanager forgets its alerts with a restart, until Prometheus sends them again, once a minute. */
const forgottenMs = 90_000;

/**
 * What Alertmanager did not tell: another episode of an alert within one group_interval, a webhook that was lost, and the
 * end of a problem whose `resolved` a silence has hidden. An end is believed where Prometheus was looked at.
 */
export function newsOf(
  state: AlertState,
  {
    receiver,
    eventOf,
    now,
  }: {
    receiver: string;
    eventOf: (alert: Alert, status: 'firing' | 'resolved') => Event | undefined;
    now: () => Date;
  },
): string[][] {
  const news: string[][] = [];
  for (const alert of state.alerts?.values() ?? []) {
    if (!alert.receivers.includes(receiver)) continue;
    if (isHeldByOthers(alert, state.ownSilences)) continue;
    const event = eventOf(alert, 'firing');
    const { problem } = event ?? {};
    if (event === undefined || problem === undefined) continue;
    if (state.told.has(problem) || state.ended.has(problem)) continue;
    state.remember(event);
    news.push(messageOf(alert, 'firing'));
  }
  const nowMs = now().getTime();
  for (const [problem, sinceMs] of state.goneMs) {
    const event = state.told.get(problem);
    if (event === undefined) continue;
    const looked = state.lookedAt(event);
    const isOver = looked?.kind === 'looked' && !looked.isFiring;
    if (!isOver || nowMs - sinceMs < forgottenMs) continue;
    const [fingerprint = '', startsAt = ''] = problem.split('/');
    news.push(
      messageOf(
        {
          fingerprint,
          startsAt,
          labels: event.labels ?? {},
          annotations: {},
          generatorURL: '',
          receivers: [],
          silencedBy: [],
          inhibitedBy: [],
        },
        'resolved',
      ),
    );
    state.forget(problem);
  }
  return news;
}

/** An alert of the API as the webhook has it. */
export function messageOf(
  alert: Alert,
  status: 'firing' | 'resolved',
): string[] {
  const { labels, annotations, startsAt, generatorURL, fingerprint } = alert;
  return messageOfPayload({
    kind: 'json',
    headers: {},
    value: {
      version: '4',
      alerts: [
        { status, labels, annotations, startsAt, generatorURL, fingerprint },
      ],
    },
  });
}
