import t, { type Test } from 'tap';
import type { Run } from '@kickd/protocol';
import { createKicks } from '../../src/kicks/kicks.ts';
import { tellKick } from '../../src/kicks/tell-kick.ts';
import type { AgentReply, SeenService } from '../../src/ports.ts';
import { aRun, correctedRun } from '../fake-kickd.ts';
import { createDecidingWorld } from './deciding-world.ts';

const running: AgentReply<Run> = {
  kind: 'accepted',
  status: 202,
  body: aRun(),
};
const ended: AgentReply<Run> = {
  kind: 'accepted',
  status: 200,
  body: correctedRun,
};

/** One kick that is in the ledger, a host that ends its run at once, a monitor that may see it green. */
function createStage(t: Test, seen: SeenService = { kind: 'not-known' }) {
  const world = createDecidingWorld(t, { verifySeconds: 3 });
  const handled = world.handle();
  if (handled.kind !== 'send') throw new Error(handled.kind);
  const { open } = handled;
  const { ledger } = world;
  const log: [string, Readonly<Record<string, unknown>>][] = [];
  const pauses: number[] = [];
  const end = new AbortController();
  let changes = 0;
  const stage = {
    ...world,
    open,
    log,
    pauses,
    end,
    ledgerOfKicks: ledger,
    changes: () => changes,
    submitted: [] as string[],
    onSubmit: (): AgentReply<Run> => running,
    logged: () => log.map(([event]) => event),
    start: (isAdopted = false) => {
      const kicks = createKicks(
        stage.ledgerOfKicks,
        () => ({
          transport: {
            submit: async (_target, { kick }) => {
              stage.submitted.push(kick);
              return stage.onSubmit();
            },
            follow: async () => ended,
          },
          timing: {
            clock: {
              now: () => new Date(world.now().wallMs),
              monotonicMs: () => world.now().monotonicMs,
              moment: world.now,
            },
            random: () => 0,
            pause: async (ms) => {
              pauses.push(ms);
              world.pass(ms / 1000);
              await new Promise((resolve) => setImmediate(resolve));
            },
          },
          limiter: (work) => work(),
          followMs: 60_000,
          telling: () => ({
            rules: world.deciding.rules,
            now: world.now(),
            can: () => true,
          }),
          watch: () => seen,
          canRecheck: () => true,
        }),
        {
          log: (event, facts) => void log.push([event, facts]),
          onChange: () => (changes += 1),
        },
        end.signal,
      );
      kicks.start(open, isAdopted);
      return kicks;
    },
  };
  return stage;
}
type Stage = ReturnType<typeof createStage>;

void t.test('sent, followed, judged; then it is driven no more', async (t) => {
  const stage = createStage(t);
  const kicks = stage.start();
  kicks.start(stage.open, true);
  t.equal(kicks.size, 1, 'once, however often it is started');
  t.equal(kicks.has(stage.open.kick), true);
  await kicks.ended();
  t.equal(kicks.size, 0);
  t.equal(kicks.has(stage.open.kick), false);
  t.strictSame(stage.submitted, [stage.open.kick]);
  t.strictSame(stage.logged(), ['reply', 'kick-ended']);
  t.strictSame(stage.log[0]?.[1], {
    kick: stage.open.kick,
    host: 'web1',
    kind: 'accepted',
    run: { run: aRun().run, state: aRun().state },
  });
  t.match(stage.log[1]?.[1], {
    kick: stage.open.kick,
    host: 'web1',
    run: correctedRun.run,
    outcome: 'corrected',
    corrected: ['Service[apache2]'],
    failed: [],
  });
  t.strictSame(
    stage.entries().map(({ kind }) => kind),
    ['event', 'decision', 'kick', 'reply', 'outcome', 'verdict'],
  );
  t.match(stage.entries().at(-1)?.body, {
    verdict: 'still-broken',
    by: 'no recovery was told',
  });
  t.equal(stage.ledger.findOpen({ kick: stage.open.kick }), undefined);
  t.ok(stage.changes() >= 3, 'whoever waits for a place hears of it');
});

void t.test('green by the monitor’s own data', async (t) => {
  const stage = createStage(t, {
    kind: 'seen',
    isGreen: true,
    checkedMs: Number.MAX_SAFE_INTEGER,
  });
  await stage.start().ended();
  t.match(stage.entries().at(-1)?.body, {
    verdict: 'healed',
    by: 'status data',
  });
});

void t.test('one that another process had may have been sent', async (t) => {
  const stage = createStage(t);
  stage.onSubmit = () => ({
    kind: 'problem',
    status: 409,
    code: 'EXPIRED',
    title: 'x',
    remedy: 'x',
  });
  const kicks = stage.start(true);
  await kicks.ended();
  const outcome = stage.entries().find(({ kind }) => kind === 'outcome');
  t.match(outcome?.body, { kind: 'refused', code: 'EXPIRED' });
  t.match(stage.log.at(-1), [
    'kick-ended',
    { outcome: 'refused', code: 'EXPIRED', message: 'x' },
  ]);
});

void t.test(
  'adopted and out of time: nobody knows whether it ran',
  async (t) => {
    const stage = createStage(t);
    stage.pass(700);
    stage.onSubmit = () => ({
      kind: 'not-sent',
      fault: { code: 'DOWN', message: 'x', remedy: 'x', exitCode: 4 },
    });
    await stage.start(true).ended();
    const outcome = stage.entries().find(({ kind }) => kind === 'outcome');
    t.match(outcome?.body, { kind: 'not-known', code: 'DOWN' });
  },
);

void t.test('its own and out of time: it was never sent', async (t) => {
  const stage = createStage(t);
  stage.pass(700);
  await stage.start().ended();
  t.strictSame(stage.submitted, []);
  const outcome = stage.entries().find(({ kind }) => kind === 'outcome');
  t.match(outcome?.body, { kind: 'gave-up' });
});

void t.test('not reached at first: sent again', async (t) => {
  const stage = createStage(t);
  stage.onSubmit = () =>
    stage.submitted.length > 1
      ? running
      : {
          kind: 'not-sent',
          fault: { code: 'DOWN', message: 'x', remedy: 'x', exitCode: 4 },
        };
  await stage.start().ended();
  t.equal(stage.submitted.length, 2);
});

void t.test('nothing is remembered of the fleet: nobody stopped', async (t) => {
  const stage = createStage(t);
  stage.ledger.transact((transaction) =>
    transaction.remember([{ kind: 'fleet', key: '', value: undefined }]),
  );
  await stage.start().ended();
  t.strictSame(stage.logged(), ['reply', 'kick-ended']);
});

void t.test(
  'stopped by a person: nothing is sent until it is resumed',
  async (t) => {
    const stage = createStage(t);
    const { ledger } = stage;
    const fleet = ledger.read('fleet', '');
    if (fleet === undefined) throw new Error('no fleet');
    const set = (stopped?: { by: string; reason: string; at: string }): void =>
      ledger.transact((transaction) =>
        transaction.remember([
          {
            kind: 'fleet',
            key: '',
            value: {
              ...fleet,
              ...(stopped === undefined ? {} : { stopped }),
            },
          },
        ]),
      );
    set({ by: 'ada', reason: 'x', at: '2026-03-01T12:00:00Z' });
    const kicks = stage.start();
    while (stage.pauses.length < 3) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.strictSame(stage.submitted, []);
    set();
    await kicks.ended();
    t.equal(stage.submitted.length, 1);
  },
);

void t.test(
  'a ledger that cannot be written: tried again, and the kick is not lost',
  async (t) => {
    const stage = createStage(t);
    let failures = 2;
    stage.ledgerOfKicks = {
      ...stage.ledger,
      transact: (work) => {
        if ((failures -= 1) >= 0) throw new Error('full');
        return stage.ledger.transact(work);
      },
    };
    await stage.start(true).ended();
    t.strictSame(stage.logged().slice(0, 2), ['kick-trouble', 'kick-trouble']);
    t.match(stage.log[0]?.[1], { kick: stage.open.kick, message: 'full' });
    t.strictSame(stage.pauses.slice(0, 2), [5000, 5000]);
    t.equal(stage.entries().at(-1)?.kind, 'verdict');
  },
);

/** A host that took the kick, and a ledger that cannot hold that until `meanwhile` is over. */
function createUnwritten(t: Test, meanwhile: (stage: Stage) => void) {
  const stage = createStage(t);
  let isFull = false;
  stage.onSubmit = () => {
    isFull = stage.submitted.length === 1;
    return running;
  };
  stage.ledgerOfKicks = {
    ...stage.ledger,
    transact: (work) => {
      if (!isFull) return stage.ledger.transact(work);
      isFull = false;
      meanwhile(stage);
      throw new Error('full');
    },
  };
  return stage;
}

void t.test(
  'accepted, and not written down until its time was over: the host is asked',
  async (t) => {
    const stage = createUnwritten(t, ({ pass }) => pass(700));
    await stage.start().ended();
    t.equal(stage.submitted.length, 2);
    const outcome = stage.entries().find(({ kind }) => kind === 'outcome');
    t.match(outcome?.body, { kind: 'ended', run: correctedRun.run });
  },
);

void t.test(
  'accepted, and not written down until it was green: nobody knows',
  async (t) => {
    const stage = createUnwritten(t, ({ handle }) => handle({ state: 'OK' }));
    await stage.start().ended();
    const outcome = stage.entries().find(({ kind }) => kind === 'outcome');
    t.match(outcome?.body, { kind: 'not-known' });
  },
);

void t.test(
  'trouble after the reply was written down: no doubt remains',
  async (t) => {
    const stage = createStage(t);
    stage.onSubmit = () => ({
      kind: 'not-sent',
      fault: { code: 'DOWN', message: 'x', remedy: 'x', exitCode: 4 },
    });
    let looks = 0;
    stage.ledgerOfKicks = {
      ...stage.ledger,
      read: (kind, key) => {
        if ((looks += 1) !== 2) return stage.ledger.read(kind, key);
        stage.pass(700);
        throw new Error('cannot be read');
      },
    };
    await stage.start().ended();
    t.equal(stage.submitted.length, 1);
    const outcome = stage.entries().find(({ kind }) => kind === 'outcome');
    t.match(outcome?.body, { kind: 'gave-up', code: 'DOWN' });
  },
);

void t.test('the process ends: the kick stays as it is', async (t) => {
  const stage = createStage(t);
  stage.onSubmit = () => {
    stage.end.abort();
    return running;
  };
  await stage.start().ended();
  t.match(stage.ledger.findOpen({ kick: stage.open.kick })?.progress, {
    stage: 'following',
  });
});

void t.test('closed by whoever was faster: nothing is sent', async (t) => {
  const stage = createStage(t);
  const telling = {
    rules: stage.deciding.rules,
    now: stage.now(),
    can: () => true,
  };
  stage.ledger.transact((transaction) =>
    tellKick(transaction, stage.open.kick, { kind: 'expired' }, telling),
  );
  await stage.start().ended();
  t.strictSame(stage.submitted, []);
  t.equal(stage.changes(), 1, 'that it is driven no more is told');
});
