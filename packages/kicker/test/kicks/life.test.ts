import fc from 'fast-check';
import t from 'tap';
import {
  life,
  stepKick,
  type KickAction,
  type KickNews,
  type Stage,
} from '../../src/kicks/life.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import type { Progress } from '../../src/ledger/entry.ts';

const fault = { code: 'CONNECT_REFUSED', message: 'nobody listens' };
const other = { code: 'REPLY_LOST', message: 'cut' };
const since = { boot: 'b', monotonicMs: 1, wallMs: 1 };
const ended: Extract<OutcomeRecord, { kind: 'ended' }> = {
  kind: 'ended',
  run: 'r1',
  outcome: { kind: 'corrected', corrected: [], failed: [] },
};
const notKnown = { kind: 'not-known', ...other } as const;
const finished = (
  part: Partial<Extract<Stage, { stage: 'finished' }>> = {},
) => ({
  stage: 'finished' as const,
  outcome: ended,
  wasAccepted: true,
  isOver: false,
  ...part,
});

/** stage, news, next stage, actions; an undefined next: the news says nothing there */
const rows: [
  string,
  Stage,
  KickNews,
  object | undefined,
  (readonly KickAction[])?,
][] = [
  [
    'accepted',
    { stage: 'sending' },
    { kind: 'accepted', run: 'r1' },
    { stage: 'following', run: 'r1' },
    [{ do: 'take-place' }, { do: 'acknowledge', run: 'r1' }],
  ],
  [
    'confirmed while it runs: the page is held once more',
    { stage: 'following', run: 'r1' },
    { kind: 'confirmed' },
    { stage: 'following', run: 'r1' },
    [{ do: 'hold-again' }],
  ],
  [
    'confirmed, and then over: nothing is held any more',
    { stage: 'following', run: 'r1', isOver: true },
    { kind: 'confirmed' },
    { stage: 'following', run: 'r1', isOver: true },
    [],
  ],
  [
    'confirmed while the verdict is waited for',
    { stage: 'verifying', outcome: ended, since },
    { kind: 'confirmed' },
    { stage: 'verifying', outcome: ended, since },
    [{ do: 'hold-again' }],
  ],
  [
    'accepted though the problem is over: nobody is told that it is being healed',
    { stage: 'sending', isOver: true },
    { kind: 'accepted', run: 'r1' },
    { stage: 'following', run: 'r1', isOver: true },
    [{ do: 'take-place' }],
  ],
  [
    'not reached',
    { stage: 'sending' },
    { kind: 'missed', isUnknown: false, fault },
    { stage: 'sending', last: fault },
    [{ do: 'release-place' }],
  ],
  [
    'perhaps arrived',
    { stage: 'sending' },
    { kind: 'missed', isUnknown: true, fault: other },
    { stage: 'sending', last: other, mayHaveArrived: true },
    [{ do: 'release-place' }],
  ],
  [
    'not reached does not make it not arrived',
    { stage: 'sending', mayHaveArrived: true, last: other },
    { kind: 'missed', isUnknown: false, fault },
    { stage: 'sending', last: fault, mayHaveArrived: true },
    [{ do: 'release-place' }],
  ],
  [
    'adopted',
    { stage: 'sending', last: fault },
    { kind: 'adopted' },
    { stage: 'sending', last: fault, mayHaveArrived: true },
    [],
  ],
  [
    'refused by the host',
    { stage: 'sending', mayHaveArrived: true },
    { kind: 'refused', isByHost: true, fault },
    finished({ outcome: { kind: 'refused', ...fault }, wasAccepted: false }),
    [{ do: 'record-outcome', outcome: { kind: 'refused', ...fault } }],
  ],
  [
    'refused by a certificate',
    { stage: 'sending' },
    { kind: 'refused', isByHost: false, fault },
    finished({ outcome: { kind: 'refused', ...fault }, wasAccepted: false }),
    [{ do: 'record-outcome', outcome: { kind: 'refused', ...fault } }],
  ],
  [
    'refused by a certificate after a request that may have arrived',
    { stage: 'sending', mayHaveArrived: true },
    { kind: 'refused', isByHost: false, fault },
    { stage: 'sending', mayHaveArrived: true, last: fault },
    [],
  ],
  [
    'expired, never tried',
    { stage: 'sending' },
    { kind: 'expired' },
    finished({
      outcome: {
        kind: 'gave-up',
        code: 'EXPIRED',
        message: 'it expired before it was sent',
      },
      wasAccepted: false,
    }),
  ],
  [
    'expired, not reached',
    { stage: 'sending', last: fault },
    { kind: 'expired' },
    finished({ outcome: { kind: 'gave-up', ...fault }, wasAccepted: false }),
  ],
  [
    'expired, perhaps arrived',
    { stage: 'sending', last: other, mayHaveArrived: true },
    { kind: 'expired' },
    finished({ outcome: notKnown, wasAccepted: false }),
  ],
  [
    'expired, adopted, never tried since',
    { stage: 'sending', mayHaveArrived: true },
    { kind: 'expired' },
    finished({
      outcome: {
        kind: 'not-known',
        code: 'ABANDONED',
        message: 'what came back was not written down',
      },
      wasAccepted: false,
    }),
  ],
  [
    'green while it is sent',
    { stage: 'sending', last: fault },
    { kind: 'green', by: 'x' },
    { stage: 'sending', last: fault, isOver: true },
    [],
  ],
  [
    'withdrawn',
    { stage: 'sending', isOver: true, last: fault },
    { kind: 'withdrawn' },
    finished({
      outcome: {
        kind: 'gave-up',
        code: 'PROBLEM_ENDED',
        message: 'the problem was over before it got through',
      },
      wasAccepted: false,
      isOver: true,
    }),
  ],
  [
    'withdrawn, perhaps arrived',
    { stage: 'sending', isOver: true, mayHaveArrived: true, last: other },
    { kind: 'withdrawn' },
    finished({ outcome: notKnown, wasAccepted: false, isOver: true }),
  ],
  [
    'green while it runs',
    { stage: 'following', run: 'r1', since },
    { kind: 'green', by: 'x' },
    { stage: 'following', run: 'r1', since, isOver: true },
    [],
  ],
  [
    'the run has ended',
    { stage: 'following', run: 'r1', since },
    { kind: 'ended', outcome: ended },
    finished(),
    [{ do: 'record-outcome', outcome: ended }],
  ],
  [
    'the run is seen no longer',
    { stage: 'following', run: 'r1', isOver: true },
    { kind: 'lost-sight', fault: other },
    finished({ outcome: notKnown, isOver: true }),
    [{ do: 'record-outcome', outcome: notKnown }],
  ],
  [
    'judged: the monitor has to say',
    finished(),
    { kind: 'judged', awaitsVerdict: true },
    { stage: 'verifying' },
    [{ do: 'recheck' }, { do: 'comment-outcome', outcome: ended }],
  ],
  [
    'judged: nothing to wait for',
    finished(),
    { kind: 'judged', awaitsVerdict: false },
    { stage: 'closed' },
    [
      { do: 'recheck' },
      { do: 'comment-outcome', outcome: ended },
      { do: 'unacknowledge' },
      { do: 'decide-again', code: 'kick-ended' },
    ],
  ],
  [
    'judged: nobody knows whether it ran',
    finished({ outcome: notKnown }),
    { kind: 'judged', awaitsVerdict: false },
    { stage: 'closed' },
    [
      { do: 'recheck' },
      { do: 'comment-outcome', outcome: notKnown },
      { do: 'unacknowledge' },
      { do: 'decide-again', code: 'kick-ended' },
    ],
  ],
  [
    'judged: never accepted',
    finished({
      outcome: { kind: 'gave-up', ...fault },
      wasAccepted: false,
    }),
    { kind: 'judged', awaitsVerdict: false },
    { stage: 'closed' },
    [{ do: 'decide-again', code: 'kick-ended' }],
  ],
  [
    'judged: green already',
    finished({ isOver: true }),
    { kind: 'judged', awaitsVerdict: false },
    { stage: 'closed' },
    [
      { do: 'recheck' },
      { do: 'comment-outcome', outcome: ended },
      { do: 'record-verdict', verdict: 'healed', by: 'the monitor’s event' },
      { do: 'forget-acknowledge' },
    ],
  ],
  [
    'judged: green before it was sent',
    finished({
      outcome: { kind: 'refused', ...fault },
      wasAccepted: false,
      isOver: true,
    }),
    { kind: 'judged', awaitsVerdict: false },
    { stage: 'closed' },
    [{ do: 'forget-acknowledge' }],
  ],
  [
    'healed',
    { stage: 'verifying', outcome: ended, since },
    { kind: 'green', by: 'status data' },
    { stage: 'closed' },
    [
      { do: 'record-verdict', verdict: 'healed', by: 'status data' },
      { do: 'forget-acknowledge' },
    ],
  ],
  [
    'not healed',
    { stage: 'verifying', outcome: ended, since },
    { kind: 'window-over', verdict: 'still-broken', by: 'status data' },
    { stage: 'closed' },
    [
      { do: 'record-verdict', verdict: 'still-broken', by: 'status data' },
      { do: 'unacknowledge' },
      { do: 'comment-no-help', by: 'status data' },
      { do: 'decide-again', code: 'not-healed' },
    ],
  ],
];

for (const [name, at, news, next, actions] of rows) {
  t.test(name, (t) => {
    const step = stepKick(at, news);
    t.strictSame(step?.next, next);
    if (actions !== undefined) t.strictSame(step?.actions, actions);
    t.end();
  });
}

const allNews: readonly KickNews[] = [
  { kind: 'adopted' },
  { kind: 'accepted', run: 'r2' },
  { kind: 'missed', isUnknown: true, fault },
  { kind: 'missed', isUnknown: false, fault },
  { kind: 'refused', isByHost: true, fault },
  { kind: 'refused', isByHost: false, fault },
  { kind: 'expired' },
  { kind: 'withdrawn' },
  { kind: 'ended', outcome: ended },
  { kind: 'lost-sight', fault },
  { kind: 'judged', awaitsVerdict: true },
  { kind: 'judged', awaitsVerdict: false },
  { kind: 'confirmed' },
  { kind: 'healed' },
  { kind: 'green', by: 'x' },
  { kind: 'window-over', verdict: 'unknown', by: 'x' },
];

t.test('a first step that has put something back: the monitor looks', (t) => {
  const at = { stage: 'following', run: 'r1' } as const;
  t.strictSame(stepKick(at, { kind: 'healed' }), {
    next: at,
    actions: [{ do: 'recheck' }],
  });
  t.end();
});

t.test('what comes late or twice changes nothing', (t) => {
  const stages: [Stage, readonly KickNews['kind'][]][] = [
    [
      { stage: 'sending' },
      [
        'adopted',
        'accepted',
        'missed',
        'refused',
        'expired',
        'green',
        'withdrawn',
      ],
    ],
    [
      { stage: 'following', run: 'r1' },
      ['confirmed', 'green', 'healed', 'ended', 'lost-sight'],
    ],
    [finished(), ['judged']],
    [
      { stage: 'verifying', outcome: ended, since },
      ['confirmed', 'green', 'window-over'],
    ],
  ];
  for (const [at, kinds] of stages) {
    t.strictSame(
      Object.keys(life[at.stage]).toSorted(),
      [...kinds].toSorted(),
      at.stage,
    );
    for (const news of allNews) {
      const isKnown = kinds.includes(news.kind);
      t.equal(
        stepKick(at, news) !== undefined,
        isKnown,
        `${at.stage}, ${news.kind}`,
      );
    }
  }
  t.end();
});

/** What a kick was told and did, from its first stage to its end. */
function play(all: readonly KickNews[], awaitsVerdict: boolean) {
  const actions: KickAction[] = [];
  const stages: string[] = ['sending'];
  let at: Progress | undefined = { stage: 'sending' };
  for (const news of all) {
    if (at === undefined) break;
    let step = stepKick(at, news);
    if (step === undefined) continue;
    actions.push(...step.actions);
    if (step.next.stage === 'finished') {
      const { outcome } = step.next;
      step = stepKick(step.next, { kind: 'judged', awaitsVerdict });
      actions.push(...(step?.actions ?? []));
      at = awaitsVerdict ? { stage: 'verifying', outcome, since } : undefined;
    } else if (
      step.next.stage === 'sending' ||
      step.next.stage === 'following'
    ) {
      at = step.next;
    } else if (step.next.stage === 'closed') at = undefined;
    stages.push(at?.stage ?? 'closed');
  }
  return { actions, stages, at };
}

t.test('whatever comes in whatever order, each kick has one end', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...allNews), { maxLength: 12 }),
      fc.boolean(),
      (all, awaitsVerdict) => {
        const { actions, stages, at } = play(all, awaitsVerdict);
        const count = (kind: KickAction['do']): number =>
          actions.filter((action) => action.do === kind).length;
        const outcomes = count('record-outcome');
        const isPast = at === undefined || at.stage === 'verifying';
        const order = ['sending', 'following', 'verifying', 'closed'];
        const ranks = stages.map((stage) => order.indexOf(stage));
        return (
          outcomes === (isPast ? 1 : 0) &&
          count('record-verdict') <= 1 &&
          (at !== undefined ||
            !awaitsVerdict ||
            count('record-verdict') === 1) &&
          count('acknowledge') <= 1 &&
          count('unacknowledge') <= 1 &&
          count('decide-again') <= 1 &&
          // A stage is never gone back to.
          ranks.every((rank, index) => rank >= (ranks[index - 1] ?? 0)) &&
          // An acknowledgement is taken back or forgotten, unless the kick lives on.
          (at !== undefined ||
            count('acknowledge') === 0 ||
            count('unacknowledge') + count('forget-acknowledge') === 1)
        );
      },
    ),
    { numRuns: 5000 },
  );
  t.end();
});
