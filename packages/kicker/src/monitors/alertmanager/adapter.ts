import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { Event } from '../../events/event.ts';
import { createMonitorApi } from '../../io/monitor-api.ts';
import type { Feedback } from '../../outbox/action.ts';
import type { Monitor, SeenService } from '../../ports.ts';
import { createRemembering, pollAgain } from '../asked.ts';
import type { ReadingWorld } from '../message-parts.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { checkAlertmanager, checkPrometheus } from './check.ts';
import { newsOf, payloadOf } from './news.ts';
import { createPrometheus } from './prometheus.ts';
import { readAlertmanager } from './read.ts';
import type { AlertmanagerSettings } from './schema.ts';
import { commentStart, hold, listSilences, release } from './silences.ts';
import { parseAlerts, type Alert } from './snapshot.ts';
import {
  createAlertState,
  hasUnknownSilence,
  idOf,
  isHeldByOthers,
  staleMs,
} from './state.ts';

/** How often Alertmanager is asked. */
const pollMs = 5000;

/** The one door to an Alertmanager, and to the Prometheus behind it. */
export function createAlertmanager(
  name: string,
  settings: AlertmanagerSettings,
  { now, pause, knowsHost, onTrouble }: MonitorWorld,
): Monitor {
  const world: ReadingWorld = { monitor: name, knowsHost };
  const { api: place, prometheus: behind, receiver, author } = settings;
  const received = createReceived(
    name,
    settings.kind,
    readAlertmanager,
    settings,
    world,
  );
  if (place === undefined) return received;
  const api = createMonitorApi(place);
  const prometheus =
    behind === undefined
      ? undefined
      : createPrometheus(createMonitorApi(behind), behind.url);
  const state = createAlertState();

  /** The alert of an event, as the API had it last. */
  const alertOf = (event: Event): Alert | undefined => {
    const [fingerprint = ''] = (event.problem ?? '').split('/');
    return state.alerts?.get(fingerprint);
  };
  const eventOf = (alert: Alert): Event | undefined => {
    const payload = payloadOf(alert, 'firing');
    const [part] = readAlertmanager(payload, settings, world);
    return part?.kind === 'event' ? part.seen.event : undefined;
  };
  const nowMs = (): number => now().getTime();
  const isFresh = (): boolean =>
    nowMs() - state.atMs < staleMs && state.alerts !== undefined;

  return {
    ...received,
    can: new Set<Feedback['kind']>([
      'hold',
      'release',
      ...(prometheus === undefined ? [] : (['recheck'] as const)),
    ]),
    ...createRemembering(received, (event) => state.remember(event), {
      askedMs: () => state.atMs,
      nowMs,
    }),
    refresh: (event, sinceMs) => {
      if (!isFresh() || state.atMs <= sinceMs) return { kind: 'not-known' };
      const alert = alertOf(event);
      const at = now().toISOString();
      const looked = state.lookedAt(event, nowMs());
      if (alert === undefined) {
        return looked.kind === 'looked' && !looked.isFiring
          ? { kind: 'over', event: { ...event, state: 'OK', at } }
          : { kind: 'not-known' };
      }
      const present = eventOf(alert);
      if (present === undefined || idOf(present) !== idOf(event)) {
        return { kind: 'not-known' };
      }
      const { acknowledgedBy: _before, ...rest } = event;
      return {
        kind: 'lasts',
        event: {
          ...rest,
          state: present.state,
          at,
          inDowntime: isHeldByOthers(alert, state.ownSilences),
        },
      };
    },
    see: (event): SeenService => {
      state.watch(event, nowMs());
      const looked = state.lookedAt(event, nowMs());
      return looked.kind === 'looked'
        ? {
            kind: 'seen',
            isGreen: !looked.isFiring,
            checkedMs: looked.checkedMs,
          }
        : { kind: 'not-known' };
    },
    tell: async (feedback, of, signal) => {
      switch (feedback.kind) {
        case 'hold':
          return hold(api, place.url, author, feedback, of, {
            state,
            signal,
            settings,
            now: now(),
          });
        case 'release':
          return release(api, place.url, author, of, signal);
        case 'recheck':
          // Nothing makes Prometheus scrape; it is asked each second as long as the verdict is waited for.
          return { kind: 'done' };
        default:
          return received.tell(feedback, of, signal);
      }
    },
    run: (sink, signal) =>
      pollAgain(
        {
          poll,
          newsOf: () => newsOf(state, { receiver, eventOf, nowMs: nowMs() }),
          isWatched: () => state.isWatching(nowMs()),
          pollMs,
          onTrouble: (why) => onTrouble(place.url, why),
          pause,
        },
        sink,
        signal,
      ),
    async *check(signal) {
      yield* checkAlertmanager(api, place.url, receiver, signal);
      if (prometheus !== undefined && behind !== undefined) {
        yield* checkPrometheus(prometheus, behind.url, now(), signal);
      } else {
        yield {
          step: 'prometheus',
          ok: undefined,
          text: `${name} has no prometheus: kicker sees green only when "resolved" comes`,
          remedy: `write monitors.${name}.prometheus: {url: http://127.0.0.1:9090}`,
        };
      }
    },
  };

  async function poll(signal: AbortSignal): Promise<FaultFacts | undefined> {
    const path = '/api/v2/alerts?silenced=true&inhibited=true&active=true';
    const reply = await api.ask({ method: 'GET', path }, signal);
    if (reply.kind === 'failed') return reply.fault;
    const alerts = reply.status === 200 ? parseAlerts(reply.value) : undefined;
    if (alerts === undefined) {
      return errors.monitorRefused(
        place?.url ?? '',
        path,
        reply.status,
        reply.text,
      );
    }
    if (hasUnknownSilence(alerts, state)) {
      const silences = await listSilences(api, place?.url ?? '', signal);
      if (silences.kind === 'failed') return silences.fault;
      for (const silence of silences.silences) {
        const isOwn =
          silence.createdBy === author &&
          silence.comment.startsWith(commentStart);
        (isOwn ? state.ownSilences : state.otherSilences).add(silence.id);
      }
    }
    state.take(alerts, nowMs());
    if (prometheus === undefined) return undefined;
    for (const event of state.toLookAt(nowMs())) {
      const { labels } = event;
      if (labels === undefined) continue;
      const looked = await prometheus.look(labels, now(), signal);
      if (signal.aborted) return undefined;
      state.looked(event, looked, nowMs());
      if (looked.kind === 'not-known' && looked.fault !== undefined) {
        onTrouble(behind?.url ?? '', looked.fault.message);
      }
    }
    return undefined;
  }
}
