import { oneLine, printable } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { subjectOf } from '../../events/event.ts';
import { comparedId } from '../../events/problem-id.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import type { MonitorApi, Performed } from '../../ports.ts';
import { isObject } from '../payload.ts';
import type { AlertLabels } from './settings.ts';
import type { AlertState } from './state.ts';

/** How the comment of each silence of kicker begins. */
export const commentStart = 'kicker holds the page: ';

/** The silence that holds the page: on the very labels of the alert, with a short end. Twice is once. */
export async function hold(
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
    state: AlertState;
    signal: AbortSignal;
    settings: AlertLabels;
    now: Date;
  },
): Promise<Performed> {
  const isPast = Date.parse(feedback.until) <= now.getTime();
  // A silence stays to its end.
  if (isPast || feedback.isAgain === true) return { kind: 'done' };
  const labels = labelsOf(place, state);
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

/** The labels of the alert of a place; those of a kicker before this one are in Alertmanager's own data. */
function labelsOf(
  { host, service, problem }: Place,
  { told, alerts }: AlertState,
): Readonly<Record<string, string>> | undefined {
  const event =
    problem === undefined
      ? [...told.values()].findLast(
          (one) => one.host === host && one.service === service,
        )
      : told.get(comparedId(problem));
  const [fingerprint = ''] = (problem ?? '').split('/');
  return event?.labels ?? alerts?.get(fingerprint)?.labels;
}

export async function release(
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
  const found = await listSilences(api, url, signal);
  if (found.kind === 'failed') return found;
  const start = `${commentStart}${keyOf(place)};`;
  const ids = found.silences
    .filter(
      ({ createdBy, state, comment }) =>
        createdBy === author &&
        state !== 'expired' &&
        comment.startsWith(start),
    )
    .map(({ id }) => id);
  return { kind: 'found', ids };
}

interface Silence {
  id: string;
  createdBy: string;
  comment: string;
  state: unknown;
}

export async function listSilences(
  api: MonitorApi,
  url: string,
  signal: AbortSignal,
): Promise<
  | { kind: 'listed'; silences: Silence[] }
  | Extract<Performed, { kind: 'failed' }>
> {
  const path = '/api/v2/silences';
  const reply = await api.ask({ method: 'GET', path }, signal);
  if (reply.kind === 'failed') {
    return { kind: 'failed', fault: reply.fault, isFinal: false };
  }
  if (reply.status !== 200 || !Array.isArray(reply.value)) {
    return refusedBy(url, path, reply);
  }
  const silences = reply.value.flatMap((silence: unknown) => {
    if (!isObject(silence) || typeof silence['id'] !== 'string') return [];
    const { createdBy, comment, status } = silence;
    return [
      {
        id: silence['id'],
        createdBy: String(createdBy),
        comment: String(comment),
        state: isObject(status) ? status['state'] : undefined,
      },
    ];
  });
  return { kind: 'listed', silences };
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
