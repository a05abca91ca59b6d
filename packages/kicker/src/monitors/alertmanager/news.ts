import type { Event } from '../../events/event.ts';
import { messageOfPayload, type Payload } from '../payload.ts';
import type { Alert } from './snapshot.ts';
import { idOf, isHeldByOthers, type AlertState } from './state.ts';

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
    nowMs,
  }: {
    receiver: string;
    eventOf: (alert: Alert) => Event | undefined;
    nowMs: number;
  },
): string[][] {
  const news: string[][] = [];
  for (const alert of state.alerts?.values() ?? []) {
    if (!alert.receivers.includes(receiver)) continue;
    if (isHeldByOthers(alert, state.ownSilences)) continue;
    const event = eventOf(alert);
    const id = event && idOf(event);
    if (event === undefined || id === undefined) continue;
    if (state.told.has(id) || state.ended.has(id)) continue;
    state.remember(event);
    news.push(messageOfPayload(payloadOf(alert, 'firing')));
  }
  for (const [problem, sinceMs] of state.goneMs) {
    const event = state.told.get(problem);
    if (event === undefined) continue;
    const looked = state.lookedAt(event, nowMs);
    const isOver = looked.kind === 'looked' && !looked.isFiring;
    if (!isOver || nowMs - sinceMs < forgottenMs) continue;
    const [fingerprint = '', startsAt = ''] = (event.problem ?? '').split('/');
    const { labels = {} } = event;
    const alert = {
      fingerprint,
      startsAt,
      labels,
      annotations: {},
      generatorURL: '',
    };
    news.push(messageOfPayload(payloadOf(alert, 'resolved')));
    state.forget(problem);
  }
  return news;
}

/** What of an alert the webhook has as well. */
type Told = Pick<
  Alert,
  'fingerprint' | 'startsAt' | 'labels' | 'annotations' | 'generatorURL'
>;

/** An alert of the API as the webhook has it. */
export function payloadOf(
  { labels, annotations, startsAt, generatorURL, fingerprint }: Told,
  status: 'firing' | 'resolved',
): Payload {
  const alert = {
    status,
    labels,
    annotations,
    startsAt,
    generatorURL,
    fingerprint,
  };
  return {
    kind: 'json',
    headers: {},
    value: { version: '4', alerts: [alert] },
  };
}
