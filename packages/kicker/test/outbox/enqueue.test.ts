import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { createFakeClock } from '@kickd/testkit';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import {
  laneOf,
  lifeMsOf,
  subjectOfAction,
  urgencyOf,
  type Action,
  type Feedback,
} from '../../src/outbox/action.ts';
import { enqueue, forgetAcknowledgement } from '../../src/outbox/enqueue.ts';

const now = { boot: 'b', monotonicMs: 0, wallMs: 0 };
const about = (feedback: Feedback, service = 'HTTP'): Action => ({
  to: 'monitor',
  monitor: 'nagios',
  place: { host: 'web1', service },
  feedback,
});
const acknowledge = about({ kind: 'acknowledge', text: 'healing' });
const unacknowledge = about({ kind: 'unacknowledge' });
const recheck = about({ kind: 'recheck' });
const comment = about({ kind: 'comment', text: 'x' });
const page: Action = { to: 'person', subject: 's', argv: ['/p'], input: '{}' };

function createOutbox(t: Test, name = 'ledger.sqlite') {
  const ledger = openLedger(join(t.testdirName, name), createFakeClock());
  t.teardown(() => ledger.close());
  const subject = subjectOfAction(recheck);
  return {
    ledger,
    add: (...actions: Action[]) =>
      ledger.transact((transaction) =>
        enqueue(
          transaction,
          actions.map((action) => ({ action, keys: {} })),
          now,
        ),
      ),
    begin: (kind: Feedback['kind']) => {
      const found = ledger.transact((transaction) =>
        transaction
          .pendingActions(subject)
          .find(
            ({ action }) =>
              action.to === 'monitor' && action.feedback.kind === kind,
          ),
      );
      ledger.beginActions(found === undefined ? [] : [found.seq]);
    },
    forget: () =>
      ledger.transact((transaction) =>
        forgetAcknowledgement(transaction, subject),
      ),
    kinds: (of = subject) =>
      ledger.transact((transaction) =>
        transaction
          .pendingActions(of)
          .map(({ action }) =>
            action.to === 'monitor' ? action.feedback.kind : 'page',
          ),
      ),
  };
}

t.test('in the order in which they were decided', (t) => {
  t.testdir();
  const outbox = createOutbox(t);
  outbox.add(acknowledge, comment, recheck);
  outbox.add(comment);
  t.strictSame(outbox.kinds(), [
    'acknowledge',
    'comment',
    'recheck',
    'comment',
  ]);
  t.end();
});

t.test('a removal cancels what was not begun, and is not needed then', (t) => {
  t.testdir();
  const outbox = createOutbox(t);
  outbox.add(acknowledge, recheck);
  outbox.add(unacknowledge);
  t.strictSame(outbox.kinds(), ['recheck']);
  t.end();
});

t.test(
  'a release cancels a hold that was not begun, and follows one that was',
  (t) => {
    t.testdir();
    const hold = about({
      kind: 'hold',
      until: '2026-03-01T00:00:00Z',
      text: 'x',
    });
    const release = about({ kind: 'release' });
    const quick = createOutbox(t);
    quick.add(hold, recheck, release);
    t.strictSame(quick.kinds(), ['recheck']);
    const slow = createOutbox(t, 'slow.sqlite');
    slow.add(hold, recheck);
    slow.begin('hold');
    slow.add(release);
    t.strictSame(slow.kinds(), ['recheck', 'release']);
    t.end();
  },
);

t.test(
  'a removal follows what may have been done, which is not tried again',
  (t) => {
    t.testdir();
    const outbox = createOutbox(t);
    outbox.add(acknowledge, comment);
    outbox.begin('acknowledge');
    outbox.add(unacknowledge);
    t.strictSame(outbox.kinds(), ['comment', 'unacknowledge']);
    t.end();
  },
);

t.test('of two acknowledgements one may have been done', (t) => {
  t.testdir();
  const outbox = createOutbox(t);
  outbox.add(acknowledge);
  outbox.begin('acknowledge');
  outbox.add(acknowledge, unacknowledge);
  t.strictSame(outbox.kinds(), ['unacknowledge']);
  t.end();
});

t.test('a removal of what was done before', (t) => {
  t.testdir();
  const outbox = createOutbox(t);
  outbox.add(unacknowledge);
  t.strictSame(outbox.kinds(), ['unacknowledge']);
  outbox.add(acknowledge);
  t.strictSame(outbox.kinds(), ['unacknowledge', 'acknowledge'], 'a new one');
  t.end();
});

t.test('one recheck that waits is enough; one that is begun is not', (t) => {
  t.testdir();
  const outbox = createOutbox(t);
  outbox.add(recheck, recheck);
  t.strictSame(outbox.kinds(), ['recheck']);
  outbox.begin('recheck');
  outbox.add(recheck);
  t.strictSame(outbox.kinds(), ['recheck', 'recheck']);
  outbox.add(about({ kind: 'recheck' }, 'SMTP'));
  t.strictSame(
    outbox.kinds(subjectOfAction(about({ kind: 'recheck' }, 'SMTP'))),
    ['recheck'],
    'another service',
  );
  t.end();
});

t.test('an acknowledgement that is worth nothing any more', (t) => {
  t.testdir();
  const outbox = createOutbox(t);
  outbox.add(acknowledge, comment);
  outbox.forget();
  t.strictSame(outbox.kinds(), ['comment']);
  t.end();
});

t.test(
  'whatever is decided and begun: no acknowledgement outlives its removal',
  (t) => {
    t.testdir();
    type Step = Feedback['kind'] | 'begin';
    let count = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom<Step>(
            'acknowledge',
            'unacknowledge',
            'recheck',
            'begin',
          ),
          { maxLength: 12 },
        ),
        (steps) => {
          const outbox = createOutbox(t, `l${String((count += 1))}.sqlite`);
          let isSet = false;
          for (const step of steps) {
            if (step === 'begin') outbox.begin('acknowledge');
            else {
              if (step === 'acknowledge') isSet = true;
              if (step === 'unacknowledge') isSet = false;
              outbox.add(
                about(
                  step === 'acknowledge'
                    ? { kind: step, text: 'x' }
                    : { kind: step as 'recheck' },
                ),
              );
            }
            // Done in their order, the last of both says whether it is acknowledged.
            const last = outbox
              .kinds()
              .filter((kind) => kind !== 'recheck')
              .at(-1);
            if (!isSet && last === 'acknowledge') return false;
            if (isSet && last === 'unacknowledge') return false;
          }
          outbox.ledger.close();
          return true;
        },
      ),
      { numRuns: 60 },
    );
    t.end();
  },
);

t.test('lanes, urgency and time', (t) => {
  const forPerson: Action = {
    to: 'monitor',
    monitor: 'nagios',
    place: { host: 'web1' },
    feedback: { kind: 'comment', text: 'a person is needed' },
    isForPerson: true,
  };
  t.strictSame([recheck, forPerson, page].map(laneOf), [
    'nagios',
    'nagios person',
    'person',
  ]);
  t.strictSame(
    [page, forPerson, recheck, unacknowledge, acknowledge, comment].map(
      urgencyOf,
    ),
    [0, 0, 1, 1, 2, 3],
  );
  const minuteMs = 60_000;
  t.strictSame(
    [page, forPerson, unacknowledge, comment, acknowledge, recheck].map(
      (action) => lifeMsOf(action) / minuteMs,
    ),
    [1440, 1440, 1440, 60, 60, 15],
  );
  t.not(
    subjectOfAction(forPerson),
    subjectOfAction({ ...forPerson, isForPerson: false }),
    'a call of a person waits behind no comment',
  );
  t.strictSame([page, recheck, forPerson].map(subjectOfAction), [
    '["person","s"]',
    '["nagios","web1","HTTP"]',
    '["nagios","web1",null,"person"]',
  ]);
  t.equal(
    lifeMsOf(about({ kind: 'result', state: 'OK', text: 'x' })) / minuteMs,
    1440,
  );
  t.end();
});
