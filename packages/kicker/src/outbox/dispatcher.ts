import { backoffMs } from '../decide/backoff.ts';
import { elapsedMs } from '../events/moment.ts';
import type {
  Clock,
  Ledger,
  Performed,
  PerformAction,
  Timing,
} from '../ports.ts';
import { personLane, type ActionRecord, type ActionResult } from './action.ts';

/** So many of a lane at once: what hangs holds up only its own lane. */
const atOnce = 8;
/** One try may take this long; the operator's command has a shorter end of its own. */
const performMostMs = 60 * 1000;

export interface Dispatcher {
  /** Begins what is to be done now. */
  run(): void;
  /** resolves when all that were begun have ended */
  ended(): Promise<void>;
}

type Outbox = Pick<
  Ledger,
  'lanes' | 'listActions' | 'beginActions' | 'delayAction' | 'transact'
>;

/**
 * Does what the outbox holds, again and again until it succeeds or its time is over: in order for each subject, the
 * most urgent first, each lane with places of its own. A monitor that is down delays only its own lane, and is
 * knocked at now and then by one action, not by all of them.
 * @param perform does one; it never throws
 */
export function createDispatcher({
  outbox,
  perform,
  timing,
  onFailed,
  onTrouble,
}: {
  outbox: Outbox;
  perform: PerformAction;
  timing: Timing;
  onTrouble: (error: unknown) => void;
  onFailed: (
    record: ActionRecord,
    performed: Extract<Performed, { kind: 'failed' }>,
  ) => void;
}): Dispatcher {
  const lanes = new Map<string, Lane>();
  const busy = new Set<Promise<void>>();

  function laneOf(name: string): Lane {
    const lane = lanes.get(name) ?? createLane(name, timing.clock);
    lanes.set(name, lane);
    return lane;
  }

  function begin(lane: Lane, record: ActionRecord): void {
    lane.begin(record);
    const work = finish(lane, record)
      .catch((error: unknown) => {
        // The ledger cannot be written: the action stays, and is done once more.
        lane.failed(backoffMs(6, timing.random()));
        onTrouble(error);
      })
      .finally(() => {
        lane.end(record);
        busy.delete(work);
      });
    busy.add(work);
  }

  async function finish(lane: Lane, record: ActionRecord): Promise<void> {
    const signal = AbortSignal.timeout(performMostMs);
    const performed = await perform(record.action, signal);
    if (performed.kind === 'done') lane.passed();
    else onFailed(record, performed);
    const goneMs = elapsedMs(record.decided, timing.clock.moment());
    const isOver = goneMs >= record.lifeMs;
    if (performed.kind === 'failed' && !performed.isFinal && !isOver) {
      const waitMs = backoffMs(record.tries, timing.random());
      // A page that fails holds up no other page.
      if (lane.name !== personLane) lane.failed(waitMs);
      outbox.delayAction(record.seq, goneMs + waitMs);
      return;
    }
    close(record, resultOf(record, performed));
  }

  function close({ seq, keys }: ActionRecord, body: ActionResult): void {
    outbox.transact((transaction) => {
      if (!transaction.endAction(seq)) return;
      transaction.add([{ entry: { kind: 'action', body }, keys }]);
    });
  }

  return {
    run: () => {
      for (const name of outbox.lanes()) {
        const lane = laneOf(name);
        const places = lane.places();
        // Stryker disable next-line ConditionalExpression: without it the look finds nothing
        if (places === 0) continue;
        const now = timing.clock.moment();
        const due = outbox
          .listActions(name, now, places + lane.busy())
          .filter((record) => !lane.isBusy(record))
          .slice(0, places);
        // Stryker disable next-line ConditionalExpression: without it nothing is begun in a transaction of its own
        if (due.length === 0) continue;
        const begun = new Set(outbox.beginActions(due.map(({ seq }) => seq)));
        for (const record of due) {
          if (!begun.has(record.seq)) continue;
          const again = { ...record, tries: record.tries + 1 };
          if (elapsedMs(record.decided, now) < record.lifeMs) {
            begin(lane, again);
          } else close(again, { action: again.action, ...tooLate });
        }
      }
    },
    ended: async () => {
      while (busy.size > 0) await Promise.allSettled(busy);
    },
  };
}

const tooLate = {
  result: 'failed',
  code: 'ACTION_TOO_LATE',
  message: 'its time was over before it could be done',
} as const;

function resultOf(
  { action }: ActionRecord,
  performed: Performed,
): ActionResult {
  if (performed.kind === 'done') return { action, result: 'done' };
  const { code, message } = performed.fault;
  return { action, result: 'failed', code, message };
}

/** What is under way in one lane, and whether it rests after a failure. */
interface Lane {
  name: string;
  /** how many more may be begun */
  places(): number;
  busy(): number;
  isBusy(record: ActionRecord): boolean;
  begin(record: ActionRecord): void;
  end(record: ActionRecord): void;
  failed(restMs: number): void;
  passed(): void;
}

function createLane(name: string, clock: Pick<Clock, 'monotonicMs'>): Lane {
  const subjects = new Set<string>();
  let restUntilMs = 0;
  let isDown = false;
  return {
    name,
    places: () => {
      if (clock.monotonicMs() < restUntilMs) return 0;
      // After a failure one tries; when it gets through, all do.
      return Math.max(0, (isDown ? 1 : atOnce) - subjects.size);
    },
    busy: () => subjects.size,
    isBusy: ({ subject }) => subjects.has(subject),
    begin: ({ subject }) => subjects.add(subject),
    end: ({ subject }) => subjects.delete(subject),
    failed: (restMs) => {
      isDown = true;
      restUntilMs = clock.monotonicMs() + restMs;
    },
    passed: () => {
      isDown = false;
      restUntilMs = 0;
    },
  };
}
