import { Fault } from '@kickd/protocol';
import type { OpenRecord } from '../ledger/entry.ts';
import type { SpooledEvent } from '../spool/spool-file.ts';
import type { Residence } from './serve-loop.ts';
import type { Incoming, Taken } from '../kicks/handle-event.ts';
import { troubleOf } from '../faults.ts';

/** So many events are written with one wait for the disk. */
const batchSize = 25;
/** An event that lay there for longer may be over by a later one: all of them are taken before any kick is sent. */
const backlogMs = 10 * 1000;
/** A spool full of rubbish must not fill the log as well. */
const loggedMost = 10;

/**
 * Takes the events of one scan, oldest first: into the ledger, then out of the spool, then the kicks.
 * @param note logs what an event came to
 * @returns how many were taken
 * @throws {Fault} LEDGER_UNWRITABLE: what was not taken lies in the spool still
 */
export async function takeSpool(
  residence: Residence,
  note: (taken: Taken, incoming: Incoming) => OpenRecord | undefined,
): Promise<number> {
  const { spool, ledger, kicks, timing, log } = residence;
  const nowMs = timing.clock.now().getTime();
  const { events, rejected } = spool.scan(nowMs);
  for (const { name, flaw, movedTo } of rejected.slice(0, loggedMost)) {
    log('spool-rejected', { name, flaw, movedTo });
  }
  if (rejected.length > loggedMost) {
    log('spool-rejected', { more: rejected.length - loggedMost });
  }
  const left: OpenRecord[] = [];
  try {
    for (let from = 0; from < events.length; from += batchSize) {
      for (const { event, open } of takeBatch(
        events.slice(from, from + batchSize),
      )) {
        spool.remove(event.name);
        if (open === undefined) continue;
        if (nowMs - event.at.getTime() > backlogMs) left.push(open);
        else kicks.start(open, false);
      }
      // The others have their turn between two batches.
      await timing.pause(0, never);
    }
  } finally {
    for (const open of left) kicks.start(open, false);
  }
  return events.length;

  function takeBatch(
    batch: readonly SpooledEvent[],
  ): { event: SpooledEvent; open: OpenRecord | undefined }[] {
    const readable = batch.flatMap((event) => {
      const read = residence.read(event);
      if (!('code' in read)) {
        return [{ event, incoming: { ...read.incoming, source: event.name } }];
      }
      spool.reject(event.name, read.code);
      return [];
    });
    try {
      return ledger
        .transact(() =>
          readable.map(({ event, incoming }) => ({
            event,
            incoming,
            taken: residence.take(incoming),
          })),
        )
        .map(({ event, incoming, taken }) => ({
          event,
          open: note(taken, incoming),
        }));
    } catch (error) {
      if (error instanceof Fault) throw error;
    }
    // A mistake in kicker, over one of them: the others are taken, that one is set aside and told.
    return readable.flatMap(({ event, incoming }) => {
      try {
        return [{ event, open: note(residence.take(incoming), incoming) }];
      } catch (error) {
        if (error instanceof Fault) throw error;
        log('event-unusable', { name: event.name, ...troubleOf(error) });
        spool.reject(event.name, 'INTERNAL');
        return [];
      }
    });
  }
}

const never = new AbortController().signal;
