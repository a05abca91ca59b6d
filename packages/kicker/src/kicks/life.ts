import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { Verdict } from '../events/verdict.ts';
import type { Progress, ReplyFault } from '../ledger/entry.ts';

/** What happens to a kick: what the host replied, what the monitor saw, what the clock says. */
export type KickNews =
  /** it may have been sent, and what came back is not written down: its kicker, or the ledger, was gone */
  | { kind: 'adopted' }
  | { kind: 'accepted'; run: string }
  /** not accepted, and worth another try; `isUnknown`: the host may have taken it all the same */
  | { kind: 'missed'; isUnknown: boolean; fault: ReplyFault }
  /** refused for good; `isByHost`: by a reply of the host, not by a certificate */
  | { kind: 'refused'; isByHost: boolean; fault: ReplyFault }
  /** the time in which it is sent is over */
  | { kind: 'expired' }
  /** the problem was over before it was accepted, and no request is under way */
  | { kind: 'withdrawn' }
  /** the first step of the run has put something back; the run goes on */
  | { kind: 'healed' }
  | { kind: 'ended'; outcome: Extract<OutcomeRecord, { kind: 'ended' }> }
  /** the run is followed no longer, and its end is not known */
  | { kind: 'lost-sight'; fault: ReplyFault }
  /** @param awaitsVerdict whether the monitor has to say if the run helped: the memory knows */
  | { kind: 'judged'; awaitsVerdict: boolean }
  /** the monitor has confirmed the problem since it was decided: SOFT has become HARD */
  | { kind: 'confirmed' }
  /** the monitor sees the service green; `by` says how it is known */
  | { kind: 'green'; by: string }
  /** the time for a verdict is over */
  | {
      kind: 'window-over';
      verdict: Exclude<Verdict, 'healed'>;
      by: string;
    };

/** What follows from news, done in the order given, in the transaction that writes the stage. */
export type KickAction =
  /** the host loads nothing for it: its place in guards.concurrency is free */
  | { do: 'release-place' }
  | { do: 'take-place' }
  | { do: 'record-outcome'; outcome: OutcomeRecord }
  | { do: 'record-verdict'; verdict: Verdict; by: string }
  | { do: 'recheck' }
  | { do: 'comment-outcome'; outcome: OutcomeRecord }
  | { do: 'comment-no-help'; by: string }
  | { do: 'acknowledge'; run: string }
  /** the page is held already, and may be forgotten to be */
  | { do: 'hold-again' }
  | { do: 'unacknowledge' }
  /** an acknowledgement that the monitor was not told of yet is worth nothing any more */
  | { do: 'forget-acknowledge' }
  /** the problem lasts: the monitor may never call again */
  | { do: 'decide-again'; code: 'kick-ended' | 'not-healed' };

/** `finished` lasts only within one transaction: the outcome is recorded, then `judged` says what comes. */
export type Stage =
  | Progress
  | {
      stage: 'finished';
      outcome: OutcomeRecord;
      wasAccepted: boolean;
      isOver: boolean;
    };

type Next = Stage | { stage: 'verifying' } | { stage: 'closed' };

export interface Step {
  next: Next;
  actions: readonly KickAction[];
}

type Row<At extends Stage['stage']> = {
  [Kind in KickNews['kind']]?: (
    at: Extract<Stage, { stage: At }>,
    news: Extract<KickNews, { kind: Kind }>,
  ) => Step;
};

/**
 * The life of one kick: stage x news -> next stage and actions. News that a stage has no entry for changes nothing:
 * it comes late, or twice.
 */
export const life = {
  sending: {
    adopted: (at) => stay({ ...at, mayHaveArrived: true }),
    accepted: ({ isOver }, { run }) => ({
      next: { stage: 'following', run, ...(isOver ? { isOver } : {}) },
      actions: [
        { do: 'take-place' },
        ...(isOver ? [] : [{ do: 'acknowledge', run } as const]),
      ],
    }),
    missed: (at, { isUnknown, fault }) => ({
      next: {
        ...at,
        last: fault,
        ...(isUnknown ? { mayHaveArrived: true as const } : {}),
      },
      actions: [{ do: 'release-place' }],
    }),
    // Where an earlier request may have arrived only the host itself can say that it was not taken.
    refused: (at, { isByHost, fault }) =>
      at.mayHaveArrived === true && !isByHost
        ? stay({ ...at, last: fault })
        : finish(at, { kind: 'refused', ...fault }),
    expired: (at) => finish(at, notThrough(at, expiredFault)),
    green: (at) => stay({ ...at, isOver: true }),
    withdrawn: (at) =>
      finish(
        at,
        at.mayHaveArrived === true
          ? notThrough(at, expiredFault)
          : { kind: 'gave-up', ...withdrawnFault },
      ),
  },
  following: {
    confirmed: (at) => ({
      next: at,
      actions: at.isOver === true ? [] : [{ do: 'hold-again' }],
    }),
    green: (at) => stay({ ...at, isOver: true }),
    // Green may be seen long before the run has ended. Told twice, it is looked at twice.
    healed: (at) => ({ next: at, actions: [{ do: 'recheck' }] }),
    ended: (at, { outcome }) => finish(at, outcome),
    'lost-sight': (at, { fault }) =>
      finish(at, { kind: 'not-known', ...fault }),
  },
  finished: {
    judged: ({ outcome, wasAccepted, isOver }, { awaitsVerdict }) => {
      const told: KickAction[] = mayHaveRun(outcome)
        ? [{ do: 'recheck' }, { do: 'comment-outcome', outcome }]
        : [];
      if (awaitsVerdict) {
        return { next: { stage: 'verifying' }, actions: told };
      }
      if (isOver) {
        const healed: KickAction[] = mayHaveRun(outcome)
          ? [{ do: 'record-verdict', verdict: 'healed', by: byEvent }]
          : [];
        return close([...told, ...healed, { do: 'forget-acknowledge' }]);
      }
      return close([
        ...told,
        ...(wasAccepted ? [{ do: 'unacknowledge' } as const] : []),
        { do: 'decide-again', code: 'kick-ended' },
      ]);
    },
  },
  verifying: {
    confirmed: (at) => ({ next: at, actions: [{ do: 'hold-again' }] }),
    green: (_at, { by }) =>
      close([
        { do: 'record-verdict', verdict: 'healed', by },
        { do: 'forget-acknowledge' },
      ]),
    'window-over': (_at, { verdict, by }) =>
      close([
        { do: 'record-verdict', verdict, by },
        { do: 'unacknowledge' },
        { do: 'comment-no-help', by },
        { do: 'decide-again', code: 'not-healed' },
      ]),
  },
} as const satisfies { [At in Stage['stage']]: Row<At> };

/** @returns undefined: the news says nothing to a kick in this stage */
export function stepKick(at: Stage, news: KickNews): Step | undefined {
  // The row of a stage takes that stage, and the entry of a kind that kind: `life` satisfies it.
  const row = life[at.stage] as Partial<
    Record<KickNews['kind'], (at: Stage, news: KickNews) => Step>
  >;
  return row[news.kind]?.(at, news);
}

/** How a recovery is known that the monitor reported by an event. */
export const byEvent = 'the monitor’s event';

/** Whether the tool may have changed something on the host. */
function mayHaveRun({ kind }: OutcomeRecord): boolean {
  return kind === 'ended' || kind === 'not-known';
}

const expiredFault = {
  code: 'EXPIRED',
  message: 'it expired before it was sent',
};
const withdrawnFault = {
  code: 'PROBLEM_ENDED',
  message: 'the problem was over before it got through',
};
const abandonedFault = {
  code: 'ABANDONED',
  message: 'what came back was not written down',
};

/** A kick that was never accepted: given up where it surely did not arrive, else nobody knows. */
function notThrough(
  { mayHaveArrived, last }: Extract<Progress, { stage: 'sending' }>,
  fault: ReplyFault,
): OutcomeRecord {
  return mayHaveArrived === true
    ? { kind: 'not-known', ...(last ?? abandonedFault) }
    : { kind: 'gave-up', ...(last ?? fault) };
}

function stay(next: Progress): Step {
  return { next, actions: [] };
}

function close(actions: readonly KickAction[]): Step {
  return { next: { stage: 'closed' }, actions };
}

function finish(
  at: Extract<Stage, { stage: 'sending' | 'following' }>,
  outcome: OutcomeRecord,
): Step {
  return {
    next: {
      stage: 'finished',
      outcome,
      wasAccepted: at.stage === 'following',
      isOver: at.isOver === true,
    },
    actions: [{ do: 'record-outcome', outcome }],
  };
}
