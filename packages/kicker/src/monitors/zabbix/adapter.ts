import { oneLine, type FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { subjectOf, type Event } from '../../events/event.ts';
import { createMonitorApi } from '../../io/monitor-api.ts';
import { readSecretFile } from '../../io/secret-file.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import type { Monitor, Performed } from '../../ports.ts';
import {
  createRemembering,
  forgetOldest,
  pollAgain,
  watchedForMs,
} from '../asked.ts';
import type { ReadingWorld } from '../message-parts.ts';
import { messageOfPayload } from '../payload.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { askProblems, problemsMost } from './ask-problems.ts';
import { checkZabbix } from './check.ts';
import { payloadOf } from './message.ts';
import { readZabbix } from './read.ts';
import { createCall, type Called } from './rpc.ts';
import type { ZabbixSettings } from './schema.ts';
import type { Problem } from './snapshot.ts';

/** How often the API is asked for open problems. */
const pollMs = 10_000;
/** Data that are older say nothing. */
const staleMs = 60_000;
/** What `event.acknowledge` does, as bits. @see https://www.zabbix.com/documentation/6.0/en/manual/api/reference/event/acknowledge */
const actions = { acknowledge: 2, message: 4, unacknowledge: 16 };
/** Longer ones are refused by Zabbix. */
const messageMostBytes = 2000;
/** A task that fetches the value of an item now. */
const checkNow = 6;
/** How each message of kicker begins: by it its own acknowledgement is known. */
const own = 'kicker: ';

/** The one door to a Zabbix: its API. */
export function createZabbix(
  name: string,
  settings: ZabbixSettings,
  { now, pause, knowsHost, onTrouble }: MonitorWorld,
): Monitor {
  const world: ReadingWorld = { monitor: name, knowsHost };
  const received = createReceived(
    name,
    settings.kind,
    readZabbix,
    settings,
    world,
  );
  const { api: place, recheckTokenFile } = settings;
  if (place === undefined) return received;
  const { url } = place;
  const { tokenFile, ...bare } = place;
  // Its own header would be one more way to say who asks, which versions before 6.4 do not know.
  const api = createMonitorApi(bare);
  const tokenOf = (file: string | undefined) => () =>
    file === undefined ? undefined : readSecretFile(file);
  const call = createCall(api, url, tokenOf(tokenFile));
  const callRecheck =
    recheckTokenFile === undefined
      ? undefined
      : createCall(api, url, tokenOf(recheckTokenFile));

  const nowMs = (): number => now().getTime();
  let open: ReadonlyMap<string, Problem> | undefined;
  /** there may be more than were asked for: what is not among them may be open */
  let isWhole = false;
  /** when it was asked for what is known now; 0: never */
  let askedMs = 0;
  let watchedUntilMs = 0;
  /** problem id → the problem that was told; it ends with its recovery */
  const told = new Map<string, { event: Event; atMs: number }>();
  /** their ends were told; an answer from before has them still */
  const ended = new Set<string>();
  /** problem id → its trigger, known since it was open */
  const triggers = new Map<string, string>();
  const isFresh = (sinceMs: number): boolean =>
    open !== undefined && askedMs > sinceMs && nowMs() - askedMs < staleMs;
  const remember = (event: Event): void => {
    const { problem } = event;
    if (problem === undefined) return;
    if (event.state === 'OK') {
      told.delete(problem);
      ended.add(problem);
      forgetOldest(ended, problemsMost, (first) => ended.delete(first));
    } else if (!told.has(problem)) {
      told.set(problem, { event, atMs: nowMs() });
      forgetOldest(told, problemsMost, (oldest) => told.delete(oldest));
    }
  };
  const eventOf = (problem: Problem): Event | undefined => {
    const payload = payloadOf(problem, '1');
    const [part] = readZabbix(payload, settings, world);
    return part?.kind === 'event' ? part.seen.event : undefined;
  };
  const openAt = ({ host, service }: Place): Problem[] =>
    [...(open?.values() ?? [])].filter(
      (problem) =>
        problem.host === host && eventOf(problem)?.service === service,
    );
  /** the open problem of a place; where none is named, the youngest */
  const problemAt = (at: Place): Problem | undefined =>
    at.problem === undefined ? openAt(at).at(-1) : open?.get(at.problem);
  /** It is over, and its trigger has made another: closed by hand while it lasts, or a relapse. */
  const isBrokenAgain = (event: Event): boolean => {
    const trigger = triggers.get(event.problem ?? '');
    return openAt(event).some(
      (other) => trigger === undefined || other.trigger === trigger,
    );
  };

  async function poll(signal: AbortSignal): Promise<FaultFacts | undefined> {
    const beganMs = nowMs();
    const asked = await askProblems(call, url, signal);
    if (asked.kind === 'fault') return asked.fault;
    ({ open, isWhole } = asked);
    askedMs = beganMs;
    for (const { event, trigger } of open.values()) {
      triggers.set(event, trigger);
      forgetOldest(triggers, problemsMost, (first) => triggers.delete(first));
    }
    return undefined;
  }

  async function acknowledge(
    at: Place,
    params: { action: number; message?: string },
    signal: AbortSignal,
  ): Promise<Performed> {
    const eventids = at.problem ?? problemAt(at)?.event;
    if (eventids === undefined) return noProblem(at);
    return performed(
      await call('event.acknowledge', { eventids, ...params }, signal),
    );
  }

  async function recheck(at: Place, signal: AbortSignal): Promise<Performed> {
    if (callRecheck === undefined) return noProblem(at);
    let found = problemAt(at);
    if (found === undefined) {
      // It may be younger than what was asked last.
      const fault = await poll(signal);
      if (fault !== undefined) return { kind: 'failed', fault, isFinal: false };
      found = problemAt(at);
    }
    // It is over: there is nothing to look at.
    if (found === undefined) return { kind: 'done' };
    if (found.items.length === 0) {
      const fault = errors.zabbixPassive(subjectOf(at));
      return { kind: 'failed', fault, isFinal: true };
    }
    const tasks = found.items.map((itemid) => ({
      type: checkNow,
      request: { itemid },
    }));
    return performed(await callRecheck('task.create', tasks, signal));
  }

  return {
    ...received,
    can: new Set<Feedback['kind']>([
      'comment',
      'acknowledge',
      'unacknowledge',
      ...(callRecheck === undefined ? [] : (['recheck'] as const)),
    ]),
    ...createRemembering(received, remember, {
      askedMs: () => askedMs,
      nowMs,
    }),
    refresh: (event, sinceMs) => {
      const { problem = '' } = event;
      if (!isFresh(sinceMs) || problem === '') return { kind: 'not-known' };
      const at = now().toISOString();
      const found = open?.get(problem);
      if (found === undefined) {
        return !isWhole || isBrokenAgain(event)
          ? { kind: 'not-known' }
          : { kind: 'over', event: { ...event, state: 'OK', at } };
      }
      const present = eventOf(found);
      if (present === undefined) return { kind: 'not-known' };
      const { acknowledgedBy: _before, ...rest } = event;
      const by = found.acknowledgedBy;
      return {
        kind: 'lasts',
        event: {
          ...rest,
          state: present.state,
          at,
          inDowntime: found.isSuppressed,
          ...(by === undefined || by.message.startsWith(own)
            ? {}
            : { acknowledgedBy: by.user }),
        },
      };
    },
    see: (event) => {
      const { problem } = event;
      watchedUntilMs = nowMs() + watchedForMs;
      return problem === undefined || !isFresh(0) || !isWhole
        ? { kind: 'not-known' }
        : {
            kind: 'seen',
            isGreen: open?.has(problem) === false && !isBrokenAgain(event),
            checkedMs: askedMs,
          };
    },
    tell: async (feedback, at, signal) => {
      switch (feedback.kind) {
        case 'comment':
          return acknowledge(
            at,
            { action: actions.message, message: textOf(feedback.text) },
            signal,
          );
        case 'acknowledge':
          return acknowledge(
            at,
            {
              action: actions.acknowledge + actions.message,
              message: textOf(feedback.text),
            },
            signal,
          );
        case 'unacknowledge':
          return acknowledge(at, { action: actions.unacknowledge }, signal);
        case 'recheck':
          return recheck(at, signal);
        default:
          return received.tell(feedback, at, signal);
      }
    },
    run: (sink, signal) =>
      pollAgain(
        {
          poll,
          newsOf,
          isWatched: () => watchedUntilMs > nowMs(),
          pollMs,
          onTrouble: (why) => onTrouble(url, why),
          pause,
        },
        sink,
        signal,
      ),
    check: (signal) => {
      const { tag, tagValue } = settings;
      return checkZabbix(
        { call, callRecheck, api, url, tag, tagValue },
        signal,
      );
    },
  };

  /** What no message told: a problem that began while Zabbix gave up sending, and the end of one. */
  function newsOf(): string[][] {
    const news: string[][] = [];
    for (const problem of open?.values() ?? []) {
      const isOurs = problem.tags.some(
        ({ tag, value }) => tag === settings.tag && value === settings.tagValue,
      );
      const isKnown = told.has(problem.event) || ended.has(problem.event);
      if (!isOurs || isKnown || problem.isSuppressed) continue;
      const event = eventOf(problem);
      if (event === undefined) continue;
      remember(event);
      news.push(messageOfPayload(payloadOf(problem, '1')));
    }
    for (const [id, { event, atMs }] of told) {
      // Told after the question: the next answer has it.
      if (!isWhole || open?.has(id) === true || atMs >= askedMs) continue;
      told.delete(id);
      const over: Problem = {
        event: id,
        trigger: '',
        host: event.host,
        name: event.service ?? '',
        severity: '0',
        tags: Object.entries(event.labels ?? {}).map(([tag, value]) => ({
          tag,
          value,
        })),
        groups: [],
        isSuppressed: false,
        items: [],
        key: '',
      };
      news.push(messageOfPayload(payloadOf(over, '0')));
    }
    return news;
  }
}

function noProblem(at: Place): Performed {
  const fault = errors.zabbixNoProblem(subjectOf(at));
  return { kind: 'failed', fault, isFinal: true };
}

function performed(called: Called): Performed {
  return called.kind === 'result'
    ? { kind: 'done' }
    : { kind: 'failed', fault: called.fault, isFinal: !called.isPassing };
}

function textOf(text: string): string {
  const line = oneLine(text, messageMostBytes);
  return line.startsWith(own) ? line : own + line;
}
