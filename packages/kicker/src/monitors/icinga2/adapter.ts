import { createMonitorApi } from '../../io/monitor-api.ts';
import { errors } from '../../errors.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import type {
  MessagePart,
  Monitor,
  MonitorApi,
  Performed,
} from '../../ports.ts';
import { createRead, createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import {
  namedOf,
  performedOf,
  requestOf,
  type Named,
  type PlainFeedback,
} from './actions.ts';
import { createChanges } from './changes.ts';
import { checkIcinga } from './check.ts';
import { icingaFacts, refreshEvent, seeService, withAuthor } from './facts.ts';
import { followIcinga } from './follow.ts';
import { createHolds } from './holds.ts';
import { keyOf, parseResults } from './objects.ts';
import { readIcinga } from './read.ts';
import { askActiveChecks } from './requests.ts';
import type { Icinga2Settings } from './schema.ts';
import { createSnapshot } from './snapshot.ts';

const allFeedback: readonly Feedback['kind'][] = [
  'recheck',
  'comment',
  'acknowledge',
  'unacknowledge',
  'hold',
  'release',
  'result',
];

/** Whether a service is checked actively is configuration: it is believed for so long. */
const activeForMs = 2 * 60 * 1000;

/** The one door to an Icinga 2: its API, where kicker.yaml names one, and what its EventCommand hands over. */
export function createIcinga2(
  name: string,
  settings: Icinga2Settings,
  world: MonitorWorld,
): Monitor {
  const reading = { monitor: name, knowsHost: world.knowsHost };
  const { api: place, author } = settings;
  if (place === undefined) {
    return {
      ...createReceived(name, settings.kind, readIcinga, settings, reading),
      async *check() {
        const { message, remedy } = errors.icingaApi(name);
        yield { step: 'icinga api', ok: undefined, text: message, remedy };
      },
    };
  }
  const api = createMonitorApi(place);
  const ask: MonitorApi['ask'] = (request, signal) => api.ask(request, signal);
  const nowMs = (): number => world.now().getTime();
  const snapshot = createSnapshot();
  const changes = createChanges();
  const { url } = place;
  const read = createRead(readIcinga, settings, reading);
  const holds = createHolds({ ask, url, author, nowMs, snapshot });
  const troubles = createTroubles((what, why) =>
    world.onTrouble(`${what} of ${url}`, why),
  );
  const withOwn = (part: MessagePart): MessagePart =>
    part.kind === 'event'
      ? {
          ...part,
          seen: {
            ...part.seen,
            event: withAuthor(part.seen.event, snapshot, author),
          },
        }
      : part;
  /** Asked about what it does not know, it looks: whoever asks, asks again. */
  const want = (key: string): void => {
    if (snapshot.isMissing(key)) return;
    changes.add(key, { atMs: undefined, wasWell: true });
  };
  /** Seen of late: a question less, which is a handshake with an RSA key of 4096 bits, between the heal and green. */
  const isSeenActive = ({ name }: Named): boolean => {
    const seen = snapshot.state(name);
    return seen?.isActive === true && nowMs() - seen.askedMs < activeForMs;
  };
  const act = async (
    feedback: PlainFeedback,
    named: Named,
    signal: AbortSignal,
  ): Promise<Performed> => {
    if (feedback.kind === 'recheck' && !isSeenActive(named)) {
      const passive = await whyNoRecheck(ask, url, named, signal);
      if (passive !== undefined) return passive;
    }
    const request = requestOf(feedback, named, { author, nowMs: nowMs() });
    return performedOf(await ask(request, signal), url, request, named);
  };
  return {
    name,
    can: new Set(allFeedback),
    read: (message) => read(message).map(withOwn),
    facts: ({ event, groups }) => icingaFacts(event, groups, snapshot, nowMs()),
    refresh: (event, sinceMs) =>
      refreshEvent(event, snapshot, { sinceMs, nowMs: nowMs(), author }),
    see: ({ host, service }) => {
      const key = keyOf(host, service);
      const seen = seeService(key, snapshot, nowMs());
      if (seen === undefined) want(key);
      return seen ?? { kind: 'not-known' };
    },
    tell: (feedback, place, signal) => tell(feedback, place, signal),
    run: (sink, signal) =>
      followIcinga(
        sink,
        {
          pause: world.pause,
          random: Math.random,
          api,
          nowMs,
          snapshot,
          changes,
          onTrouble: troubles,
          onTick: (signal) => holds.prolong(signal),
        },
        signal,
      ),
    check: (signal) =>
      checkIcinga(ask, { url, hasCrl: place.crl !== undefined }, nowMs, signal),
  };

  async function tell(
    feedback: Feedback,
    place: Place,
    signal: AbortSignal,
  ): Promise<Performed> {
    const found = namedOf(place);
    if (found.kind === 'fault') {
      return { kind: 'failed', fault: found.fault, isFinal: true };
    }
    const { named } = found;
    switch (feedback.kind) {
      case 'acknowledge':
        return holds.set(place, named, { text: feedback.text }, signal);
      case 'hold': {
        // An acknowledgement stays when SOFT becomes HARD.
        if (feedback.isAgain === true) return { kind: 'done' };
        const untilMs = Date.parse(feedback.until);
        const { text } = feedback;
        return holds.set(place, named, { text, untilMs }, signal);
      }
      case 'unacknowledge':
      case 'release':
        return holds.end(place, named, signal);
      case 'recheck':
      case 'comment':
      case 'result':
        return act(feedback, named, signal);
    }
  }
}

/** A passive service that is made to look at itself turns UNKNOWN. */
async function whyNoRecheck(
  ask: MonitorApi['ask'],
  url: string,
  named: Named,
  signal: AbortSignal,
): Promise<Performed | undefined> {
  const request = askActiveChecks(named.type, named.name);
  const reply = await ask(request, signal);
  const [found] =
    reply.kind === 'reply' ? (parseResults(reply.value) ?? []) : [];
  if (found === undefined) {
    const performed = performedOf(reply, url, request, named);
    return performed.kind === 'done'
      ? {
          kind: 'failed',
          fault: errors.icingaObject(url, named.name),
          isFinal: true,
        }
      : performed;
  }
  return found.attrs['enable_active_checks'] === true
    ? undefined
    : {
        kind: 'failed',
        fault: errors.icingaPassive(named.name),
        isFinal: true,
      };
}

/** Tells of each trouble once, until it is over or another one. */
function createTroubles(
  tell: (what: string, why: string) => void,
): (what: string, why: string | undefined) => void {
  const told = new Map<string, string>();
  return (what, why) => {
    if (why === undefined) told.delete(what);
    else if (told.get(what) !== why) {
      told.set(what, why);
      tell(what, why);
    }
  };
}
