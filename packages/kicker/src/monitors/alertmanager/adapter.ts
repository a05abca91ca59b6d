import { oneLine, printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { subjectOf, type Event } from '../../events/event.ts';
import { createMonitorApi, type MonitorApi } from '../../io/monitor-api.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import type {
  CheckStep,
  Monitor,
  Performed,
  SeenService,
} from '../../ports.ts';
import type { ReadingWorld } from '../message-parts.ts';
import { isObject, messageOfPayload } from '../payload.ts';
import { createRead, createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { createPrometheus, type Prometheus } from './prometheus.ts';
import { readAlertmanager } from './read.ts';
import type { AlertmanagerSettings } from './schema.ts';
import { parseAlerts, type Alert, type Alerts } from './snapshot.ts';

/** How often Alertmanager is asked, and how often while a verdict is waited for. */
const pollMs = 5000;
const watchedPollMs = 1000;
/** A service that nobody has asked for since is not watched. */
const watchedForMs = 15_000;
/** A snapshot that is older says nothing. */
const staleMs = 60_000;
/** Alertmanager forgets its alerts with a restart, until Prometheus sends them again, once a minute. */
const forgottenMs = 90_000;
/** Told alerts that are remembered, so that an alert that nobody told of is noticed. */
const toldMost = 10_000;

/** The one door to an Alertmanager, and to the Prometheus behind it. */
export function createAlertmanager(
  name: string,
  settings: AlertmanagerSettings,
  { now, knowsHost, onTrouble }: MonitorWorld,
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
  const state = createState();

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
      yield* checkApi(api, place.url, receiver, signal);
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

type State = ReturnType<typeof createState>;

/** What was told, what the API said last, and what is watched. */
function createState() {
  /** problem id → the event that told of it; the oldest go first */
  const told = new Map<string, Event>();
  const watched = new Map<string, { event: Event; untilMs: number }>();
  const looks = new Map<string, Awaited<ReturnType<Prometheus['look']>>>();
  /** problem id → since when the API has it no more */
  const goneMs = new Map<string, number>();
  const ownSilences = new Set<string>();
  const state = {
    alerts: undefined as Alerts | undefined,
    atMs: 0,
    told,
    goneMs,
    ownSilences,
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
      const { problem } = event;
      if (problem === undefined) return;
      if (event.state === 'OK') state.forget(problem);
      else {
        told.set(problem, event);
        const [oldest] = told.keys();
        if (told.size > toldMost && oldest !== undefined) state.forget(oldest);
      }
    },
    forget: (problem: string): void => {
      told.delete(problem);
      goneMs.delete(problem);
      looks.delete(problem);
      watched.delete(problem);
    },
    watch: (event: Event, nowMs: number): void => {
      const { problem } = event;
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
    looked: (
      { problem = '' }: Event,
      look: Awaited<ReturnType<Prometheus['look']>>,
    ): void => void looks.set(problem, look),
    lookedAt: ({ problem = '' }: Event) => looks.get(problem),
  };
  return state;
}

/**
 * What Alertmanager did not tell: another episode of an alert within one group_interval, a webhook that was lost, and the
 * end of a problem whose `resolved` a silence has hidden. An end is believed where Prometheus was looked at.
 */
function newsOf(
  state: State,
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
    if (event?.problem === undefined || state.told.has(event.problem)) continue;
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
function messageOf(alert: Alert, status: 'firing' | 'resolved'): string[] {
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

/** Silenced by a person, or inhibited: as a downtime elsewhere. */
function isHeldByOthers(alert: Alert, own: ReadonlySet<string>): boolean {
  return (
    alert.inhibitedBy.length > 0 || alert.silencedBy.some((id) => !own.has(id))
  );
}

const commentStart = 'kicker holds the page: ';

/** The silence that holds the page: on the very labels of the alert, with a short end. Twice is once. */
async function hold(
  api: MonitorApi,
  url: string,
  author: string,
  feedback: Extract<Feedback, { kind: 'hold' }>,
  place: Place,
  {
    state,
    signal,
    settings,
    now,
  }: {
    state: State;
    signal: AbortSignal;
    settings: AlertmanagerSettings;
    now: Date;
  },
): Promise<Performed> {
  if (Date.parse(feedback.until) <= now.getTime()) return { kind: 'done' };
  const event = [...state.told.values()].findLast(
    ({ host, service }) => host === place.host && service === place.service,
  );
  const labels = event?.labels;
  if (labels === undefined || labels['alertname'] === undefined) {
    const fault = errors.alertUnknown(subjectOf(place));
    return { kind: 'failed', fault, isFinal: true };
  }
  const names = [
    ...new Set(['alertname', settings.hostLabel, settings.serviceLabel]),
  ].filter((name) => labels[name] !== undefined);
  const found = await ownSilences(api, url, author, place, signal);
  if (found.kind === 'failed') return found;
  const body = {
    ...(found.ids[0] === undefined ? {} : { id: found.ids[0] }),
    matchers: names.map((name) => ({
      name,
      value: labels[name],
      isRegex: false,
      isEqual: true,
    })),
    startsAt: now.toISOString(),
    endsAt: feedback.until,
    createdBy: author,
    comment: `${commentStart}${keyOf(place)}; ${oneLine(feedback.text, 300)}`,
  };
  const path = '/api/v2/silences';
  const reply = await api.ask({ method: 'POST', path, body }, signal);
  if (reply.kind === 'failed') {
    return { kind: 'failed', fault: reply.fault, isFinal: false };
  }
  if (reply.status !== 200) return refusedBy(url, path, reply);
  const id = isObject(reply.value) ? reply.value['silenceID'] : undefined;
  if (typeof id === 'string') state.ownSilences.add(id);
  return { kind: 'done' };
}

async function release(
  api: MonitorApi,
  url: string,
  author: string,
  place: Place,
  signal: AbortSignal,
): Promise<Performed> {
  const found = await ownSilences(api, url, author, place, signal);
  if (found.kind === 'failed') return found;
  for (const id of found.ids) {
    const path = `/api/v2/silence/${encodeURIComponent(id)}`;
    const reply = await api.ask({ method: 'DELETE', path }, signal);
    if (reply.kind === 'failed') {
      return { kind: 'failed', fault: reply.fault, isFinal: false };
    }
    // One that is gone is answered with 500 "silence not found".
    const isGone = reply.text.includes('not found');
    if (reply.status !== 200 && !isGone) return refusedBy(url, path, reply);
  }
  return { kind: 'done' };
}

type OwnSilences =
  { kind: 'found'; ids: string[] } | Extract<Performed, { kind: 'failed' }>;

/** The silences of kicker for one place that still hold. */
async function ownSilences(
  api: MonitorApi,
  url: string,
  author: string,
  place: Place,
  signal: AbortSignal,
): Promise<OwnSilences> {
  const path = '/api/v2/silences';
  const reply = await api.ask({ method: 'GET', path }, signal);
  if (reply.kind === 'failed') {
    return { kind: 'failed', fault: reply.fault, isFinal: false };
  }
  if (reply.status !== 200 || !Array.isArray(reply.value)) {
    return refusedBy(url, path, reply);
  }
  const start = `${commentStart}${keyOf(place)};`;
  const ids = reply.value.flatMap((silence: unknown) => {
    if (!isObject(silence)) return [];
    const { id, createdBy, comment, status } = silence;
    const state = isObject(status) ? status['state'] : undefined;
    return typeof id === 'string' &&
      createdBy === author &&
      state !== 'expired' &&
      typeof comment === 'string' &&
      comment.startsWith(start)
      ? [id]
      : [];
  });
  return { kind: 'found', ids };
}

/** A place in a comment, so that no other begins with the same. */
function keyOf({ host, service }: Place): string {
  return printable(JSON.stringify([host, service ?? null]), 1000);
}

function refusedBy(
  url: string,
  path: string,
  { status, text }: { status: number; text: string },
): Extract<Performed, { kind: 'failed' }> {
  const fault = errors.monitorRefused(url, path, status, text);
  return { kind: 'failed', fault, isFinal: status >= 400 && status < 500 };
}

async function* checkApi(
  api: MonitorApi,
  url: string,
  receiver: string,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const reply = await api.ask(
    { method: 'GET', path: '/api/v2/status' },
    signal,
  );
  if (reply.kind === 'failed') {
    const { code, message, remedy } = reply.fault;
    yield { step: 'alertmanager', ok: false, text: message, remedy, code };
    return;
  }
  if (reply.status !== 200 || !isObject(reply.value)) {
    const { code, message, remedy } = errors.monitorRefused(
      url,
      '/api/v2/status',
      reply.status,
      reply.text,
    );
    yield { step: 'alertmanager', ok: false, text: message, remedy, code };
    return;
  }
  const version = isObject(reply.value['versionInfo'])
    ? String(reply.value['versionInfo']['version'])
    : 'unknown';
  yield {
    step: 'alertmanager',
    ok: true,
    text: `${url}, version ${printable(version, 40)}`,
  };
  const receivers = await api.ask(
    { method: 'GET', path: '/api/v2/receivers' },
    signal,
  );
  if (receivers.kind === 'failed' || !Array.isArray(receivers.value)) return;
  const names = receivers.value.flatMap((one: unknown) =>
    isObject(one) && typeof one['name'] === 'string' ? [one['name']] : [],
  );
  yield names.includes(receiver)
    ? { step: 'receiver', ok: true, text: `${receiver} is configured there` }
    : {
        step: 'receiver',
        ok: false,
        code: 'RECEIVER_UNKNOWN',
        text: `there is no receiver ${receiver}; there are: ${printable(names.join(', '), 200)}`,
        remedy:
          'write its name into kicker.yaml, monitors.NAME.receiver, or add it as deploy/alertmanager has it',
      };
}

async function* checkPrometheus(
  prometheus: Prometheus,
  url: string,
  now: Date,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const looked = await prometheus.look({ alertname: '' }, now, signal);
  const fault = looked.kind === 'not-known' ? looked.fault : undefined;
  yield fault === undefined
    ? { step: 'prometheus', ok: true, text: url }
    : {
        step: 'prometheus',
        ok: false,
        text: fault.message,
        remedy: fault.remedy,
        code: fault.code,
      };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
