import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import type { ApiReply, ApiRequest, Performed } from '../../ports.ts';
import { endInSeconds } from '../instants.ts';
import { isObject } from '../payload.ts';
import { keyOf } from './objects.ts';

/** What an action is about, as its body names it. */
export interface Named {
  type: 'Service' | 'Host';
  /** `HOST!SERVICE`, or the host */
  name: string;
}

export type ReadPlace =
  { kind: 'named'; named: Named } | { kind: 'fault'; fault: FaultFacts };

/** Longer than any name there. */
const nameMost = 4096;

/**
 * The one object that an action is about. Without a name an action is about every object, so a name that may be none is
 * a fault; and a filter made of a name may be about others.
 */
export function namedOf({ host, service }: Place): ReadPlace {
  const isName = (name: string): boolean =>
    name.trim() !== '' &&
    name.length <= nameMost &&
    !/[!\u0000-\u001f\u007f]/.test(name);
  for (const name of service === undefined ? [host] : [host, service]) {
    if (!isName(name)) {
      return { kind: 'fault', fault: errors.icingaName(name) };
    }
  }
  return {
    kind: 'named',
    named: {
      type: service === undefined ? 'Host' : 'Service',
      name: keyOf(host, service),
    },
  };
}

function actionOn(
  { type, name }: Named,
  action: string,
  body: Readonly<Record<string, unknown>> = {},
): ApiRequest {
  return {
    method: 'POST',
    path: `/v1/actions/${action}`,
    body: { type, [type.toLowerCase()]: name, ...body },
  };
}

/** A comment stays for whoever looks after the weekend. */
const commentSeconds = 7 * 24 * 60 * 60;
/** Texts that are longer say nothing more to a person. */
const textMost = 4000;
const exitStatus = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

/** What is told at once; an acknowledgement that is set has an end, see `acknowledgement`. */
export type PlainFeedback = Exclude<
  Feedback,
  { kind: 'acknowledge' | 'hold' | 'release' }
>;

export function requestOf(
  feedback: PlainFeedback,
  named: Named,
  { author, nowMs }: { author: string; nowMs: number },
): ApiRequest {
  switch (feedback.kind) {
    case 'recheck':
      return actionOn(named, 'reschedule-check', { force: true });
    case 'comment':
      return actionOn(named, 'add-comment', {
        author,
        comment: printable(feedback.text, textMost),
        expiry: Math.floor(nowMs / 1000) + commentSeconds,
      });
    case 'unacknowledge':
      return actionOn(named, 'remove-acknowledgement');
    case 'result': {
      const status = exitStatus[feedback.state];
      return actionOn(named, 'process-check-result', {
        exit_status: named.type === 'Host' ? Math.min(status, 1) : status,
        plugin_output: printable(feedback.text, textMost),
        check_source: author,
      });
    }
  }
}

/** An acknowledgement that ends by itself, and wakes nobody: a kicker that dies holds no page. */
export function acknowledgement(
  named: Named,
  { author, text, untilMs }: { author: string; text: string; untilMs: number },
): ApiRequest {
  return actionOn(named, 'acknowledge-problem', {
    author,
    comment: printable(text, textMost),
    expiry: endInSeconds(untilMs),
    sticky: true,
    notify: false,
  });
}

/** What the answer to an action means. @param url of the API, for a person */
export function performedOf(
  reply: ApiReply,
  url: string,
  { path }: ApiRequest,
  { name }: Named,
): Performed {
  if (reply.kind === 'failed') {
    return { kind: 'failed', fault: reply.fault, isFinal: false };
  }
  const { status, value, text } = reply;
  const said = saidIn(value);
  if (status >= 200 && status < 300 && said !== undefined) {
    return { kind: 'done' };
  }
  if (status === 409 && /already acknowledged|is OK|is UP/.test(said ?? '')) {
    return { kind: 'done' };
  }
  if (status === 404) {
    return {
      kind: 'failed',
      fault: errors.icingaObject(url, name),
      isFinal: true,
    };
  }
  return {
    kind: 'failed',
    fault: errors.monitorRefused(url, path, status, said ?? text),
    // What it does not understand, it will not understand later.
    isFinal: status === 400 || status === 409,
  };
}

/** What the API said of the one object, or of all of it; undefined where it acted on none. */
function saidIn(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const first: unknown = Array.isArray(value['results'])
    ? value['results'][0]
    : value;
  return isObject(first) && typeof first['status'] === 'string'
    ? first['status']
    : undefined;
}
