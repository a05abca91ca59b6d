import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { Event } from '../../events/event.ts';
import { createMonitorApi } from '../../io/monitor-api.ts';
import type { Feedback } from '../../outbox/action.ts';
import type { Monitor, SeenService } from '../../ports.ts';
import type { ReadingWorld } from '../message-parts.ts';
import { createRead, createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { checkAlertmanager, checkPrometheus } from './check.ts';
import { messageOf, newsOf } from './news.ts';
import { createPrometheus } from './prometheus.ts';
import { readAlertmanager } from './read.ts';
import type { AlertmanagerSettings } from './schema.ts';
import { commentStart, hold, listSilences, release } from './silences.ts';
import { parseAlerts, type Alert } from './snapshot.ts';
import {
  createAlertState,
  hasUnknownSilence,
  isHeldByOthers,
} from './state.ts';

/** How often Alertmanager is asked, and how often while a verdict is waited for. */
const pollMs = 5000;
const watchedPollMs = 1000;
/** A snapshot that is older says nothing. */
const staleMs = 60_000;

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
  const read = createRead(readAlertmanager, settings, world);
  const state = createAlertState();

  /** The alert of an event, as the API had it last. */
  const alertOf = (event: Event): Alert | undefined => {
    const [fingerprint = ''] = (event.problem ?? '').split('/');
    return state.alerts?.get(fingerprint);
  };
  const eventOf = (alert: Alert, status: 'firing' | 'resolved') => {
    const args = messageOf(alert, status);
    const [part] = read({ name: 'asked', monitor: name, args, at: now() });
    return part?.kind === 'event' ? part.seen.event : undefined;
  };
  const isFresh = (): boolean =>
    now().getTime() - state.atMs < staleMs && state.alerts !== undefined;

  return {
    ...received,
    can: new Set<Feedback['kind']>([
      'hold',
      'release',
      ...(prometheus === undefined ? [] : (['recheck'] as const)),
    ]),
    read: (message) => {
      const parts = read(message);
      for (const part of parts) {
        if (part.kind === 'event') state.remember(part.seen.event);
      }
      return parts;
    },
    facts: ({ event, groups }) => {
      state.remember(event);
      const silentMs = now().getTime() - state.atMs;
      return {
        groups: groups.map((group) => ({ name: group })),
        ...(state.atMs > 0 && silentMs > staleMs * 5
          ? {
              monitorTrouble: `its API has not answered for ${String(Math.round(silentMs / 1000))} s`,
            }
          : {}),
      };
    },
    refresh: (event, sinceMs) => {
      if (!isFresh() || state.atMs <= sinceMs) return { kind: 'not-known' };
      const alert = alertOf(event);
      const at = now().toISOString();
      const looked = state.lookedAt(event);
      if (alert === undefined) {
        return looked?.kind === 'looked' && !looked.isFiring
          ? { kind: 'over', event: { ...event, state: 'OK', at } }
          : { kind: 'not-known' };
      }
      const present = eventOf(alert, 'firing');
      if (present === undefined || present.problem !== event.problem) {
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
      state.watch(event, now().getTime());
      const looked = state.lookedAt(event);
      return looked?.kind === 'looked'
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
          return {
            kind: 'failed',
            fault: errors.monitorDeaf(name, settings.kind),
            isFinal: true,
          };
      }
    },
    run: async (sink, signal) => {
      while (!signal.aborted) {
        const fault = await poll(signal);
        if (signal.aborted) return;
        if (fault === undefined) {
          for (const args of newsOf(state, { receiver, eventOf, now })) {
            sink.put(args);
          }
        } else onTrouble(place.url, fault.message);
        await pause(
          state.isWatching(now().getTime()) ? watchedPollMs : pollMs,
          signal,
        );
      }
    },
    async *check(signal) {
      yield* checkAlertmanager(api, place.url, receiver, signal);
      if (prometheus !== undefined && behind !== undefined) {
        yield* checkPrometheus(prometheus, behind.url, signal);
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
    state.take(alerts, now().getTime());
    if (prometheus === undefined) return undefined;
    for (const event of state.toLookAt(now().getTime())) {
      const { labels } = event;
      if (labels === undefined) continue;
      const looked = await prometheus.look(labels, now(), signal);
      if (signal.aborted) return undefined;
      state.looked(event, looked);
      if (looked.kind === 'not-known' && looked.fault !== undefined) {
        onTrouble(behind?.url ?? '', looked.fault.message);
      }
    }
    return undefined;
  }
}
