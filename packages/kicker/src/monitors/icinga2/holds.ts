import type { Place } from '../../outbox/action.ts';
import type { ApiRequest, MonitorApi, Performed } from '../../ports.ts';
import {
  acknowledgement,
  performedOf,
  requestOf,
  type Named,
} from './actions.ts';
import { parseResults } from './objects.ts';
import { askAcknowledgementsOf } from './requests.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * An acknowledgement of kicker's lasts so long, and is prolonged while kicker lives and wants it: when kicker dies, the
 * page goes out a quarter of an hour later at the latest.
 */
const holdMs = 15 * 60 * 1000;

interface Hold {
  place: Place;
  named: Named;
  text: string;
  untilMs: number;
  /** removed, and not set again yet */
  isRemoved: boolean;
}

/** The acknowledgements that kicker sets while it heals. */
export interface Holds {
  /** @param untilMs its own end, which is not prolonged; undefined: it lasts as long as kicker wants it */
  set(
    place: Place,
    named: Named,
    what: { text: string; untilMs?: number },
    signal: AbortSignal,
  ): Promise<Performed>;
  end(place: Place, named: Named, signal: AbortSignal): Promise<Performed>;
  /** Sets those anew whose end comes near. Icinga prolongs none: it is removed, and set again. */
  prolong(signal: AbortSignal): Promise<void>;
}

export function createHolds({
  ask,
  url,
  author,
  nowMs,
  snapshot,
}: {
  ask: MonitorApi['ask'];
  url: string;
  author: string;
  nowMs: () => number;
  snapshot: Snapshot;
}): Holds {
  /** what this kicker set and has not taken back */
  const held = new Map<string, Hold>();
  /** one thing at a time for each object: a prolongation must not come behind the removal */
  const busy = new Map<string, Promise<unknown>>();
  const inTurn = async <Result>(
    key: string,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    const before = busy.get(key) ?? Promise.resolve();
    const mine = before.then(work);
    const settled = mine.catch(() => {});
    busy.set(key, settled);
    try {
      return await mine;
    } finally {
      if (busy.get(key) === settled) busy.delete(key);
    }
  };
  const send = async (
    request: ApiRequest,
    named: Named,
    signal: AbortSignal,
  ): Promise<Performed> =>
    performedOf(await ask(request, signal), url, request, named);
  const acknowledge = async (
    { place, named, text }: Pick<Hold, 'place' | 'named' | 'text'>,
    given: number | undefined,
    signal: AbortSignal,
  ): Promise<Performed> => {
    const untilMs = given ?? nowMs() + holdMs;
    const request = acknowledgement(named, { author, text, untilMs });
    const performed = await send(request, named, signal);
    if (performed.kind === 'done' && given === undefined) {
      const isRemoved = false;
      held.set(named.name, { place, named, text, untilMs, isRemoved });
    }
    return performed;
  };
  const remove = (named: Named, signal: AbortSignal): Promise<Performed> => {
    const request = requestOf({ kind: 'unacknowledge' }, named, {
      author,
      nowMs: nowMs(),
    });
    return send(request, named, signal);
  };
  /** Whose it is, empty where there is none; undefined: it cannot be asked. */
  const authorsOf = async (
    { host, service }: Place,
    signal: AbortSignal,
  ): Promise<string[] | undefined> => {
    const reply = await ask(askAcknowledgementsOf(host, service), signal);
    return reply.kind === 'reply'
      ? parseResults(reply.value)?.flatMap(({ attrs }) =>
          typeof attrs['author'] === 'string' ? [attrs['author']] : [],
        )
      : undefined;
  };
  const prolongOne = async (hold: Hold, signal: AbortSignal): Promise<void> => {
    const { name } = hold.named;
    if (held.get(name) !== hold) return;
    if (!hold.isRemoved) {
      const by = await authorsOf(hold.place, signal);
      if (by === undefined) return;
      if (!by.includes(author)) {
        held.delete(name);
        return;
      }
      const removed = await remove(hold.named, signal);
      if (removed.kind !== 'done') return;
      hold.isRemoved = true;
    }
    // Whoever ends kicker just now ends it between the two no more.
    const performed = await acknowledge(
      hold,
      undefined,
      new AbortController().signal,
    );
    if (performed.kind === 'failed' && performed.isFinal) held.delete(name);
  };
  return {
    set: (place, named, { text, untilMs }, signal) =>
      inTurn(named.name, async () => {
        const performed = await acknowledge(
          { place, named, text },
          untilMs,
          signal,
        );
        if (performed.kind === 'done') {
          const [by = author] = (await authorsOf(place, signal)) ?? [];
          snapshot.setAuthor(named.name, by);
        }
        return performed;
      }),
    end: (place, named, signal) =>
      inTurn(named.name, async () => {
        held.delete(named.name);
        // A person has taken it over: it is not kicker's to remove.
        const by = await authorsOf(place, signal);
        if (by !== undefined && by.length > 0 && !by.includes(author))
          return { kind: 'done' };
        const performed = await remove(named, signal);
        if (performed.kind === 'done') snapshot.endAcknowledgement(named.name);
        return performed;
      }),
    prolong: async (signal) => {
      for (const [key, hold] of held) {
        if (hold.untilMs - nowMs() > holdMs / 2) continue;
        await inTurn(key, () => prolongOne(hold, signal));
      }
    },
  };
}
