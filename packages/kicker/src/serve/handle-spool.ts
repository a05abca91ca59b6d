import { Fault } from '@kickd/protocol';
import type { OpenRecord } from '../ledger/entry.ts';
import type { SpooledEvent } from '../spool/spool-file.ts';
import type { EventContext, Handled } from '../kicks/handle-event.ts';
import type { Kicks } from '../kicks/kicks.ts';
import type { Ledger, Log, Spool, Timing } from '../ports.ts';
import { troubleOf } from '../faults.ts';

/** So many events are written with one wait for the disk. */
const batchSize = 25;
/** An event that lay there for longer may be over by a later one: all are handled before any kick is sent. */
const backlogMs = 10 * 1000;
/** A spool full of rubbish must not fill the log as well. */
const loggedMost = 10;

/**
 * Turns what lies in the spool into events, which may be none.
 * @returns `code`: something in it cannot be used and is kept for a person; the reason is logged
 */
export type ReadSpooled = (event: SpooledEvent) => {
  contexts: readonly EventContext[];
  code?: string;
};

/**
 * Handles the events of one scan, oldest first: into the ledger, then out of the spool, then the kicks.
 * @param note logs what an event came to
 * @returns how many were handled
 * @throws {Fault} LEDGER_UNWRITABLE: what was not handled lies in the spool still
 */
export async function handleSpool(
  {
    spool,
    ledger,
    kicks,
    timing,
    log,
    read,
    handle,
  }: {
    spool: Spool;
    ledger: Pick<Ledger, 'transact'>;
    kicks: Pick<Kicks, 'start'>;
    timing: Timing;
    log: Log;
    read: ReadSpooled;
    handle: (context: EventContext) => Handled;
  },
  note: (handled: Handled, context: EventContext) => OpenRecord | undefined,
): Promise<number> {
  const nowMs = timing.clock.now().getTime();
  const { events, rejected } = spool.scan(nowMs);
  for (const { name, flaw, movedTo } of rejected.slice(0, loggedMost)) {
    log('spool-rejected', { name, flaw, movedTo });
  }
  if (rejected.length > loggedMost) {
    log('spool-rejected', { more: rejected.length - loggedMost });
  }
  const left: OpenRecord[] = [];
  const away = new Set<string>();
  try {
    for (let from = 0; from < events.length; from += batchSize) {
      for (const { event, code, open } of handleBatch(
        events.slice(from, from + batchSize),
      )) {
        putAway(event, code);
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

  /** All of it is in the ledger, or it is kept for a person. */
  function putAway({ name }: SpooledEvent, code: string | undefined): void {
    if (away.has(name)) return;
    away.add(name);
    if (code === undefined) spool.remove(name);
    else spool.reject(name, code);
  }

  function handleBatch(batch: readonly SpooledEvent[]): {
    event: SpooledEvent;
    code: string | undefined;
    open: OpenRecord | undefined;
  }[] {
    const readable = batch.flatMap((event) => {
      const { contexts, code } = read(event);
      if (contexts.length === 0) putAway(event, code);
      return contexts.map((context, index) => ({
        event,
        code,
        // One message may hold several: each is handled once.
        context: {
          ...context,
          source: index === 0 ? event.name : `${event.name}#${String(index)}`,
        },
      }));
    });
    try {
      return ledger
        .transact(() =>
          readable.map((found) => ({
            ...found,
            handled: handle(found.context),
          })),
        )
        .map(({ event, code, context, handled }) => ({
          event,
          code,
          open: note(handled, context),
        }));
    } catch (error) {
      if (error instanceof Fault) throw error;
    }
    // A mistake in kicker, over one of them: the others are handled, that one is set aside and logged.
    return readable.flatMap(({ event, code, context }) => {
      try {
        return [{ event, code, open: note(handle(context), context) }];
      } catch (error) {
        if (error instanceof Fault) throw error;
        log('event-unusable', { name: event.name, ...troubleOf(error) });
        putAway(event, 'INTERNAL');
        return [];
      }
    });
  }
}

const never = new AbortController().signal;
