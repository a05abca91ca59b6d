import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Action, Feedback } from '../../src/outbox/action.ts';
import { createDispatcher } from '../../src/outbox/dispatcher.ts';
import { enqueue } from '../../src/outbox/enqueue.ts';
import type { Performed } from '../../src/ports.ts';

const down: Performed = {
  kind: 'failed',
  isFinal: false,
  fault: { code: 'DOWN', message: 'x', remedy: 'x', exitCode: 1 },
};
const never: Performed = { ...down, isFinal: true };
const done: Performed = { kind: 'done' };

const tell = (
  host: string,
  feedback: Feedback,
  monitor = 'nagios',
  isForPerson = false,
): Action => ({
  to: 'monitor',
  monitor,
  place: { host, service: 'HTTP' },
  feedback,
  ...(isForPerson ? { isForPerson } : {}),
});
const comment = (host: string, text = 'x') =>
  tell(host, { kind: 'comment', text });
const page = (subject: string): Action => ({
  to: 'person',
  subject,
  argv: ['/page'],
  input: '{}',
});

/** An outbox, a clock that is only told, and a world outside that answers as told. */
function createStage(t: Test) {
  let nowMs = 0;
  const moment = () => ({ boot: 'b', monotonicMs: nowMs, wallMs: nowMs });
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    moment,
  };
  const ledger = openLedger(join(t.testdir(), 'ledger.sqlite'), clock);
  t.teardown(() => ledger.close());
  const told: Action[] = [];
  const held: (() => void)[] = [];
  const troubles: unknown[] = [];
  const failed: string[] = [];
  const stage = {
    ledger,
    told,
    held,
    troubles,
    failed,
    pass: (ms: number) => (nowMs += ms),
    setWall: () => undefined,
    answer: (_action: Action): Performed | 'hold' => done,
    outbox: ledger,
    add: (...actions: Action[]) =>
      ledger.transact((transaction) =>
        enqueue(
          transaction,
          actions.map((action) => ({ action, keys: { problem: 'p' } })),
          moment(),
        ),
      ),
    /** one round, and all that it began but what is held */
    round: async () => {
      dispatcher.run();
      await new Promise((resolve) => setImmediate(resolve));
    },
    results: () =>
      ledger
        .entriesOf({ problem: 'p' })
        .flatMap(({ entry }) => (entry.kind === 'action' ? [entry.body] : [])),
    hosts: () =>
      told.map((action) =>
        action.to === 'monitor' ? action.place.host : action.subject,
      ),
  };
  const dispatcher = createDispatcher({
    outbox: {
      lanes: () => stage.outbox.lanes(),
      listActions: (...args) => stage.outbox.listActions(...args),
      beginActions: (seqs) => stage.outbox.beginActions(seqs),
      delayAction: (...args) => stage.outbox.delayAction(...args),
      transact: (work) => stage.outbox.transact(work),
    },
    perform: async (action) => {
      told.push(action);
      const answer = stage.answer(action);
      if (answer !== 'hold') return answer;
      await new Promise<void>((resolve) => held.push(resolve));
      return done;
    },
    timing: { clock, random: () => 0, pause: async () => {} },
    onFailed: (_record, { fault }) => failed.push(fault.code),
    onTrouble: (error) => troubles.push(error),
  });
  return { ...stage, stage, dispatcher };
}

void t.test('done, recorded, gone', async (t) => {
  const { add, round, told, results, ledger } = createStage(t);
  add(comment('web1'));
  await round();
  t.match(told, [{ feedback: { kind: 'comment' } }]);
  t.match(results(), [{ result: 'done', action: { monitor: 'nagios' } }]);
  t.equal(ledger.countActions(), 0);
  await round();
  t.equal(told.length, 1);
});

void t.test(
  'in order for each subject: the next waits for the one before',
  async (t) => {
    const { add, round, hosts, held, stage } = createStage(t);
    stage.answer = (action) =>
      action.to === 'monitor' && action.place.host === 'web1' ? 'hold' : done;
    add(comment('web1', '1'), comment('web1', '2'), comment('web2'));
    await round();
    await round();
    t.strictSame(hosts(), ['web1', 'web2'], 'the other subject does not wait');
    held.shift()?.();
    await round();
    await round();
    t.strictSame(hosts(), ['web1', 'web2', 'web1']);
  },
);

void t.test(
  'what failed goes before what comes after it, whatever is retried',
  async (t) => {
    const { add, round, told, pass, stage } = createStage(t);
    stage.answer = () => down;
    add(comment('web1', 'first'), comment('web1', 'second'));
    await round();
    stage.answer = () => done;
    pass(30_000);
    await round();
    await round();
    t.match(
      told.map((action) => action.to === 'monitor' && action.feedback),
      [{ text: 'first' }, { text: 'first' }, { text: 'second' }],
    );
  },
);

void t.test('the most urgent first, eight at once', async (t) => {
  const { add, round, told, held, stage } = createStage(t);
  stage.answer = () => 'hold';
  add(
    ...Array.from({ length: 20 }, (_, index) => comment(`web${String(index)}`)),
    tell('db1', { kind: 'recheck' }),
    tell('db2', { kind: 'unacknowledge' }),
    tell('db3', { kind: 'acknowledge', text: 'x' }),
  );
  await round();
  t.equal(told.length, 8);
  t.strictSame(
    told
      .slice(0, 4)
      .map((action) => action.to === 'monitor' && action.feedback.kind),
    ['recheck', 'unacknowledge', 'acknowledge', 'comment'],
  );
  await round();
  t.equal(told.length, 8, 'no more than there are places');
  for (const release of held.splice(0, 3)) release();
  await round();
  await round();
  t.equal(told.length, 11);
});

void t.test(
  'a person is called whatever else waits, hangs or is down',
  async (t) => {
    const { add, round, hosts, stage, ledger } = createStage(t);
    stage.answer = (action) =>
      action.to === 'person'
        ? done
        : action.isForPerson === true
          ? done
          : 'hold';
    add(
      ...Array.from({ length: 1000 }, (_, index) =>
        comment(`web${String(index)}`),
      ),
    );
    add(
      page('db1 / SQL'),
      tell(
        'db1',
        { kind: 'comment', text: 'a person is needed' },
        'nagios',
        true,
      ),
    );
    await round();
    t.ok(hosts().includes('db1 / SQL'));
    t.ok(hosts().includes('db1'));
    t.equal(ledger.countActions(), 1000);
  },
);

void t.test('pagers that hang hold up no recheck', async (t) => {
  const { add, round, hosts, stage } = createStage(t);
  stage.answer = (action) => (action.to === 'person' ? 'hold' : done);
  add(...Array.from({ length: 32 }, (_, index) => page(`p${String(index)}`)));
  add(tell('web1', { kind: 'recheck' }));
  await round();
  t.ok(hosts().includes('web1'));
});

void t.test(
  'a monitor that is down delays only its own, and one action knocks',
  async (t) => {
    const { add, round, told, hosts, pass, stage, ledger } = createStage(t);
    stage.answer = (action) =>
      action.to === 'monitor' && action.monitor === 'nagios' ? down : done;
    add(
      ...Array.from({ length: 50 }, (_, index) => comment(`a${String(index)}`)),
    );
    await round();
    const first = told.length;
    t.ok(first <= 8);
    add(tell('b', { kind: 'recheck' }, 'dc2'));
    await round();
    t.strictSame(hosts().slice(first), ['b'], 'the other monitor');
    pass(600);
    await round();
    t.equal(told.length, first + 2, 'one tries');
    await round();
    t.equal(told.length, first + 2, 'and the lane rests');
    stage.answer = () => done;
    pass(30_000);
    await round();
    for (let count = 0; count < 12; count += 1) await round();
    t.equal(ledger.countActions(), 0, 'when it gets through, all do');
  },
);

void t.test('ever more seldom, until its time is over', async (t) => {
  const { add, round, pass, stage, told, results, failed } = createStage(t);
  stage.answer = () => down;
  add(tell('web1', { kind: 'recheck' }));
  for (let second = 0; second <= 16 * 60; second += 1) {
    await round();
    pass(1000);
  }
  t.ok(told.length > 10 && told.length < 80, String(told.length));
  t.match(results(), [{ result: 'failed', code: /DOWN|ACTION_TOO_LATE/ }]);
  t.ok(failed.length >= told.length);
});

void t.test('its time was over before it could be tried', async (t) => {
  const { add, round, pass, told, results } = createStage(t);
  add(tell('web1', { kind: 'recheck' }));
  pass(15 * 60 * 1000);
  await round();
  t.strictSame(told, []);
  t.match(results(), [{ result: 'failed', code: 'ACTION_TOO_LATE' }]);
});

void t.test('what can never be told is not tried again', async (t) => {
  const { add, round, pass, stage, told, results } = createStage(t);
  stage.answer = () => never;
  add(comment('a;b'), comment('web1'));
  await round();
  pass(60_000);
  await round();
  t.equal(told.length, 2);
  t.match(results(), [{ result: 'failed', code: 'DOWN' }, {}]);
});

void t.test(
  'taken out while it was done: nothing is recorded of it',
  async (t) => {
    const { add, round, held, stage, ledger, results } = createStage(t);
    stage.answer = (action) =>
      action.to === 'monitor' && action.feedback.kind === 'acknowledge'
        ? 'hold'
        : done;
    add(tell('web1', { kind: 'acknowledge', text: 'x' }));
    await round();
    add(tell('web1', { kind: 'unacknowledge' }));
    await round();
    t.equal(held.length, 1);
    t.equal(ledger.countActions(), 1, 'the removal waits until it is known');
    held.shift()?.();
    await round();
    await round();
    t.match(results(), [{ action: { feedback: { kind: 'unacknowledge' } } }]);
    t.equal(results().length, 1);
  },
);

void t.test(
  'a ledger that cannot be written: it is done once more, after a rest',
  async (t) => {
    const { add, round, pass, told, troubles, stage, ledger } = createStage(t);
    add(comment('web1'));
    stage.outbox = {
      ...ledger,
      transact: () => {
        throw new Error('full');
      },
    };
    await round();
    t.equal(troubles.length, 1);
    stage.outbox = ledger;
    await round();
    t.equal(told.length, 1, 'not at once');
    pass(30_000);
    await round();
    t.equal(told.length, 2);
    t.equal(ledger.countActions(), 0);
  },
);

void t.test('ended: when all that were begun have', async (t) => {
  const { add, held, stage, dispatcher, results } = createStage(t);
  stage.answer = () => 'hold';
  add(comment('web1'));
  dispatcher.run();
  const ended = dispatcher.ended();
  setImmediate(() => held.shift()?.());
  await ended;
  t.equal(results().length, 1);
});

void t.test(
  'it fails, and its time is over by then: that is the end of it',
  async (t) => {
    const { add, round, pass, stage, told, results, ledger } = createStage(t);
    stage.answer = () => {
      pass(15 * 60 * 1000);
      return down;
    };
    add(tell('web1', { kind: 'recheck' }));
    await round();
    t.equal(told.length, 1);
    t.strictSame(
      results().map(({ result, code }) => [result, code]),
      [['failed', 'DOWN']],
    );
    t.equal(ledger.countActions(), 0);
  },
);

void t.test(
  'a call of a person that fails holds up no other, and rests by itself',
  async (t) => {
    const { add, round, pass, hosts, stage } = createStage(t);
    stage.answer = () => down;
    add(page('first'));
    await round();
    stage.answer = () => done;
    add(page('second'));
    await round();
    t.strictSame(hosts(), ['first', 'second']);
    await round();
    t.equal(hosts().length, 2, 'not again at once');
    pass(60_000);
    await round();
    t.strictSame(hosts(), ['first', 'second', 'first']);
  },
);

void t.test('each failure is waited for longer', async (t) => {
  const { add, round, pass, told, stage, ledger } = createStage(t);
  stage.answer = () => down;
  add(page('first'));
  const waits: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    await round();
    let seconds = 0;
    while (told.length === count + 1 && seconds < 3600) {
      pass(1000);
      seconds += 1;
      await round();
    }
    waits.push(seconds);
  }
  t.strictSame(
    waits,
    waits.toSorted((a, b) => a - b),
  );
  t.ok((waits.at(-1) ?? 0) > (waits[0] ?? 0), waits.join());
  const [left] = ledger.listActions(
    'person',
    { boot: 'b', monotonicMs: 1e9, wallMs: 1e9 },
    1,
  );
  t.equal(left?.tries, told.length);
});

void t.test('taken out before it was begun: it is not done', async (t) => {
  const { add, round, told, stage, ledger, results } = createStage(t);
  add(tell('web1', { kind: 'acknowledge', text: 'x' }), comment('web2'));
  stage.outbox = {
    ...ledger,
    beginActions: (seqs) => ledger.beginActions(seqs.slice(1)),
  };
  await round();
  t.equal(told.length, 1);
  t.equal(results().length, 1);
});

void t.test('places that are taken keep no free place empty', async (t) => {
  const { add, round, told, stage, dispatcher } = createStage(t);
  stage.answer = () => 'hold';
  add(...Array.from({ length: 5 }, (_, index) => comment(`a${String(index)}`)));
  await round();
  t.equal(told.length, 5);
  add(...Array.from({ length: 9 }, (_, index) => comment(`b${String(index)}`)));
  dispatcher.run();
  t.equal(
    told.length,
    8,
    'as many as are free, of those that are not under way',
  );
  dispatcher.run();
  t.equal(told.length, 8);
});

void t.test('nothing to do: the ledger is not written', async (t) => {
  const { add, round, stage, ledger } = createStage(t);
  stage.answer = () => 'hold';
  add(comment('web1'));
  await round();
  const begun: number[] = [];
  stage.outbox = {
    ...ledger,
    beginActions: (seqs) => {
      begun.push(...seqs);
      return ledger.beginActions(seqs);
    },
    transact: () => {
      throw new Error('written');
    },
  };
  await round();
  t.strictSame(begun, []);
});

void t.test('its time is over: told so, with what it was', async (t) => {
  const { add, round, pass, results } = createStage(t);
  const action = tell('web1', { kind: 'recheck' });
  add(action);
  pass(15 * 60 * 1000 - 1);
  pass(1);
  await round();
  t.strictSame(results(), [
    {
      action,
      result: 'failed',
      code: 'ACTION_TOO_LATE',
      message: 'its time was over before it could be done',
    },
  ]);
});

void t.test(
  'places that are left go to the most urgent, no more of them',
  async (t) => {
    const { add, round, told, stage } = createStage(t);
    stage.answer = () => 'hold';
    const comments = Array.from({ length: 2 }, (_, n) => comment(`slow${n}`));
    add(...comments);
    await round();
    t.equal(told.length, 2);
    // More urgent than what is under way: that is not among the first that the outbox names.
    const urgent = Array.from({ length: 20 }, (_, n) =>
      tell(`web${n}`, { kind: 'recheck' }),
    );
    add(...urgent);
    await round();
    t.equal(told.length, 8, 'a monitor is told eight things at a time');
    await round();
    t.equal(told.length, 8);
  },
);
