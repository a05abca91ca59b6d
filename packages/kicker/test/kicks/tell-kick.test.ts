import t, { type Test } from 'tap';
import type { Rule } from '../../src/decide/rules.ts';
import { subjectKey, type Event } from '../../src/events/event.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import type { KickNews } from '../../src/kicks/life.ts';
import { tellKick } from '../../src/kicks/tell-kick.ts';
import type { OpenRecord } from '../../src/ledger/entry.ts';
import type { Feedback } from '../../src/outbox/action.ts';
import { createDecidingWorld, eventOf } from './deciding-world.ts';

const outcome: Extract<OutcomeRecord, { kind: 'ended' }> = {
  kind: 'ended',
  run: 'r1',
  outcome: {
    kind: 'corrected',
    corrected: [{ resource: 'Service[apache2]' }],
    failed: [],
  },
  durationMs: 2000,
};
const fault = { code: 'X', message: 'a\nb' };
const told = {
  comment: true,
  acknowledge: true,
  holdSeconds: 0,
  escalate: [],
} as const;

const feedbackOfNagios: readonly Feedback['kind'][] = [
  'recheck',
  'comment',
  'acknowledge',
  'unacknowledge',
  'result',
];

/** One kick that was decided, and what is told of it. */
function createKick(
  t: Test,
  rule: Partial<Rule> = { tell: told },
  can: (monitor: string, kind: Feedback['kind']) => boolean = (_, kind) =>
    feedbackOfNagios.includes(kind),
  event: Partial<Event> = { since: '2026-03-01T11:59:00Z' },
) {
  const world = createDecidingWorld(t, rule);
  const handled = world.handle(event);
  if (handled.kind !== 'send') throw new Error(handled.kind);
  const { open } = handled;
  const { ledger, now } = world;
  const { rules } = world.deciding;
  return {
    ...world,
    open,
    tell: (news: KickNews) =>
      ledger.transact((transaction) =>
        tellKick(transaction, open.kick, news, { rules, now: now(), can }),
      ),
    found: (): OpenRecord | undefined => ledger.findOpen({ kick: open.kick }),
    waiting: () =>
      ledger.transact((transaction) =>
        transaction.findWaiting(subjectKey(open.event)),
      ),
    outbox: (): Feedback[] =>
      ledger.transact((transaction) =>
        transaction
          .pendingActions(JSON.stringify(['nagios', 'web1', 'HTTP']))
          .flatMap(({ action }) =>
            action.to === 'monitor' ? [action.feedback] : [],
          ),
      ),
    place: () => ledger.read('kick', open.kick)?.place,
    service: () => ledger.read('service', 'web1\tHTTP'),
    forgetService: () =>
      ledger.transact((transaction) =>
        transaction.remember([
          { kind: 'service', key: 'web1\tHTTP', value: undefined },
        ]),
      ),
  };
}

void t.test(
  'the page is held back while it heals, and no longer',
  async (t) => {
    const rule = {
      tell: { ...told, comment: false, acknowledge: false, holdSeconds: 120 },
    };
    const feedback = [...feedbackOfNagios, 'hold', 'release'] as const;
    const create = (t: Test) =>
      createKick(t, rule, (_, kind) => feedback.some((one) => one === kind));
    const hold = {
      kind: 'hold',
      until: '2026-03-01T12:02:00.000Z',
      text: 'kicker: healing, run r1',
    } as const;
    const accepted = (kick: ReturnType<typeof create>): void => {
      kick.tell({ kind: 'accepted', run: 'r1' });
      // It was done: what follows cannot cancel it.
      kick.ledger.beginActions(
        kick.ledger
          .listActions('nagios', kick.now(), 10)
          .filter(
            ({ action }) =>
              action.to === 'monitor' && action.feedback.kind === 'hold',
          )
          .map(({ seq }) => seq),
      );
    };

    await t.test('healed: a relapse is told at once', async (t) => {
      const kick = create(t);
      kick.tell({ kind: 'accepted', run: 'r1' });
      t.strictSame(kick.outbox(), [hold]);
      accepted(kick);
      kick.tell({ kind: 'ended', outcome });
      kick.tell({ kind: 'green', by: 'x' });
      t.strictSame(
        kick.outbox().map(({ kind }) => kind),
        ['recheck', 'release'],
      );
    });
    await t.test('it did not help: the page goes out', async (t) => {
      const kick = create(t);
      accepted(kick);
      kick.tell({ kind: 'ended', outcome });
      kick.tell({ kind: 'window-over', verdict: 'still-broken', by: 'x' });
      t.strictSame(
        kick.outbox().map(({ kind }) => kind),
        ['recheck', 'release'],
      );
    });
    await t.test('a hold that was not told yet is not told', async (t) => {
      const kick = create(t);
      kick.tell({ kind: 'accepted', run: 'r1' });
      kick.tell({ kind: 'ended', outcome });
      kick.tell({ kind: 'green', by: 'x' });
      t.strictSame(
        kick.outbox().map(({ kind }) => kind),
        ['recheck'],
      );
    });
    await t.test('never accepted: never held', async (t) => {
      const kick = create(t);
      kick.tell({ kind: 'refused', isByHost: true, fault });
      t.strictSame(
        kick.outbox().filter(({ kind }) => /hold|release/.test(kind)),
        [],
      );
    });
  },
);

void t.test('accepted, ended, seen green', async (t) => {
  const kick = createKick(t);
  const { open } = kick;
  t.equal(kick.tell({ kind: 'accepted', run: 'r1' }), undefined);
  t.match(kick.found()?.progress, {
    stage: 'following',
    run: 'r1',
    since: kick.now(),
  });
  t.strictSame(kick.outbox(), [
    { kind: 'acknowledge', text: 'kicker: healing, run r1' },
  ]);
  t.equal(kick.ledger.read('kick', open.kick)?.acceptedMs !== undefined, true);

  kick.pass(5);
  t.strictSame(kick.tell({ kind: 'ended', outcome }), outcome);
  t.match(kick.found()?.progress, {
    stage: 'verifying',
    outcome,
    since: kick.now(),
  });
  t.strictSame(kick.outbox().slice(1), [
    { kind: 'recheck' },
    {
      kind: 'comment',
      text: `kicker: corrected Service[apache2] in 2.0 s, run r1, kick ${open.kick}`,
    },
  ]);
  t.equal(kick.ledger.read('kick', open.kick), undefined);
  t.equal(kick.service()?.verifying?.kick, open.kick);

  t.equal(kick.tell({ kind: 'ended', outcome }), undefined);
  t.equal(
    kick.found()?.progress.stage,
    'verifying',
    'an end that is told twice changes nothing',
  );

  kick.pass(55);
  t.equal(kick.tell({ kind: 'green', by: 'status data' }), undefined);
  t.equal(kick.found(), undefined);
  t.equal(kick.service()?.verifying, undefined);
  t.strictSame(kick.entries().slice(-2), [
    { kind: 'outcome', body: outcome },
    {
      kind: 'verdict',
      body: { verdict: 'healed', by: 'status data', seconds: 120 },
    },
  ]);
  t.equal(kick.waiting(), undefined);
  t.strictSame(
    kick.outbox().map(({ kind }) => kind),
    ['recheck', 'comment'],
    'the acknowledgement is worth nothing any more',
  );
  t.equal(kick.tell({ kind: 'green', by: 'late' }), undefined);
  t.equal(
    kick.entries().at(-1)?.kind,
    'verdict',
    'what comes late changes nothing',
  );
});

void t.test(
  'the window is over: the problem is decided about at once',
  async (t) => {
    const kick = createKick(t, { tell: told, verifySeconds: 30 });
    kick.tell({ kind: 'accepted', run: 'r1' });
    kick.tell({ kind: 'ended', outcome });
    kick.tell({
      kind: 'window-over',
      verdict: 'still-broken',
      by: 'status data',
    });
    t.equal(kick.found(), undefined);
    t.strictSame(kick.entries().at(-1), {
      kind: 'verdict',
      body: { verdict: 'still-broken', by: 'status data' },
    });
    t.match(kick.waiting(), {
      code: 'not-healed',
      afterMs: 0,
      since: kick.now(),
    });
    t.strictSame(kick.outbox().slice(-1), [
      {
        kind: 'comment',
        text: `kicker: the run did not help within 30 s (status data), kick ${kick.open.kick}`,
      },
    ]);
  },
);

void t.test(
  'the acknowledgement was told: it is taken back, then the comment',
  async (t) => {
    const kick = createKick(t);
    kick.tell({ kind: 'accepted', run: 'r1' });
    const [first] = kick.ledger.listActions('nagios', kick.now(), 1);
    kick.ledger.transact((transaction) =>
      transaction.endAction(first?.seq ?? 0),
    );
    kick.tell({ kind: 'ended', outcome });
    kick.tell({ kind: 'window-over', verdict: 'unknown', by: 'x' });
    t.strictSame(
      kick.outbox().map(({ kind }) => kind),
      ['recheck', 'comment', 'unacknowledge', 'comment'],
    );
  },
);

void t.test(
  'not reached: its place is free until it is accepted',
  async (t) => {
    const kick = createKick(t);
    t.not(kick.place(), undefined);
    kick.tell({ kind: 'missed', isUnknown: true, fault });
    t.equal(kick.place(), undefined);
    t.strictSame(kick.found()?.progress, {
      stage: 'sending',
      mayHaveArrived: true,
      last: fault,
    });
    kick.tell({ kind: 'accepted', run: 'r1' });
    t.not(kick.place(), undefined);
  },
);

void t.test(
  'nobody knows how it ended: the comment says so, in one line',
  async (t) => {
    const kick = createKick(t);
    kick.tell({ kind: 'accepted', run: 'r1' });
    t.strictSame(kick.tell({ kind: 'lost-sight', fault }), {
      kind: 'not-known',
      ...fault,
    });
    t.strictSame(kick.outbox().at(-1), {
      kind: 'comment',
      text: `kicker: the outcome is not known (X: a\\u{a}b), kick ${kick.open.kick}`,
    });
    t.equal(kick.found()?.progress.stage, 'verifying');
  },
);

void t.test(
  'refused: nothing ran, and the problem is decided about again',
  async (t) => {
    const kick = createKick(t);
    t.match(kick.tell({ kind: 'refused', isByHost: true, fault }), {
      kind: 'refused',
      code: 'X',
    });
    t.equal(kick.found(), undefined);
    t.strictSame(kick.outbox(), []);
    t.match(kick.waiting(), { code: 'kick-ended' });
  },
);

void t.test(
  'green before it was accepted: withdrawn, and nothing waits',
  async (t) => {
    const kick = createKick(t);
    kick.handle({ state: 'OK' });
    t.match(kick.found()?.progress, { stage: 'sending', isOver: true });
    t.match(kick.tell({ kind: 'withdrawn' }), {
      kind: 'gave-up',
      code: 'PROBLEM_ENDED',
    });
    t.equal(kick.found(), undefined);
    t.equal(kick.waiting(), undefined);
  },
);

void t.test(
  'green while it ran: healed when it ends, without a window',
  async (t) => {
    const kick = createKick(t);
    kick.tell({ kind: 'accepted', run: 'r1' });
    kick.pass(10);
    kick.handle({ state: 'OK' });
    kick.tell({ kind: 'ended', outcome });
    t.equal(kick.found(), undefined);
    t.strictSame(kick.entries().at(-1), {
      kind: 'verdict',
      body: { verdict: 'healed', by: 'the monitor’s event', seconds: 70 },
    });
  },
);

void t.test(
  'another episode by now: the old one is not decided about',
  async (t) => {
    const kick = createKick(t);
    kick.handle({ problem: '8' });
    kick.ledger.transact((transaction) =>
      transaction.endWaiting(subjectKey(eventOf())),
    );
    kick.tell({ kind: 'refused', isByHost: true, fault });
    t.equal(kick.waiting(), undefined);
  },
);

void t.test('somebody waits already: as before', async (t) => {
  const kick = createKick(t);
  const { problem, event } = kick.open;
  kick.ledger.transact((transaction) =>
    transaction.setWaiting({
      problem,
      subject: subjectKey(event),
      event,
      code: 'before',
      since: kick.now(),
      afterMs: 9,
    }),
  );
  kick.tell({ kind: 'refused', isByHost: true, fault });
  t.match(kick.waiting(), { code: 'before', afterMs: 9 });
});

void t.test(
  'only what the rule wants and the monitor can is told',
  async (t) => {
    const silent = createKick(t, {
      tell: {
        comment: false,
        acknowledge: false,
        holdSeconds: 0,
        escalate: [],
      },
    });
    silent.tell({ kind: 'accepted', run: 'r1' });
    silent.tell({ kind: 'ended', outcome });
    silent.tell({ kind: 'window-over', verdict: 'unknown', by: 'x' });
    t.strictSame(silent.outbox(), [{ kind: 'recheck' }]);

    const dumb = createKick(t, undefined, () => false);
    dumb.tell({ kind: 'accepted', run: 'r1' });
    dumb.tell({ kind: 'ended', outcome });
    dumb.tell({ kind: 'green', by: 'x' });
    t.strictSame(dumb.outbox(), []);
  },
);

void t.test(
  'a problem that begins in the future lasted nobody knows how long',
  async (t) => {
    const kick = createKick(t, undefined, undefined, {
      since: '2026-03-01T13:00:00Z',
    });
    kick.tell({ kind: 'accepted', run: 'r1' });
    kick.tell({ kind: 'ended', outcome });
    kick.tell({ kind: 'green', by: 'x' });
    t.strictSame(kick.entries().at(-1), {
      kind: 'verdict',
      body: { verdict: 'healed', by: 'x' },
    });
  },
);

void t.test('a kick of a kicker that knew no rules tells nobody', async (t) => {
  const kick = createKick(t);
  const { plan: _plan, ...bare } = kick.open;
  kick.ledger.transact((transaction) => {
    transaction.close(bare.kick);
    transaction.open(bare, subjectKey(bare.event));
  });
  kick.tell({ kind: 'accepted', run: 'r1' });
  kick.tell({ kind: 'ended', outcome });
  t.strictSame(kick.outbox(), [{ kind: 'recheck' }]);
  kick.tell({
    kind: 'window-over',
    verdict: 'still-broken',
    by: 'status data',
  });
  t.strictSame(kick.outbox(), [{ kind: 'recheck' }]);
  t.match(kick.entries().at(-1)?.body, { verdict: 'still-broken' });
});

void t.test('healed in the second in which it began', async (t) => {
  const kick = createKick(t, undefined, undefined, {
    since: '2026-03-01T12:00:00Z',
  });
  kick.tell({ kind: 'accepted', run: 'r1' });
  kick.tell({ kind: 'ended', outcome });
  kick.tell({ kind: 'green', by: 'x' });
  t.strictSame(kick.entries().at(-1)?.body, {
    verdict: 'healed',
    by: 'x',
    seconds: 0,
  });
});

void t.test('nobody said when the problem began', async (t) => {
  const kick = createKick(t, undefined, undefined, {});
  kick.tell({ kind: 'accepted', run: 'r1' });
  kick.tell({ kind: 'ended', outcome });
  kick.tell({ kind: 'green', by: 'x' });
  t.strictSame(kick.entries().at(-1)?.body, { verdict: 'healed', by: 'x' });
});

void t.test('the comment says that it was a noop run', async (t) => {
  const kick = createKick(t, { tell: told, mode: 'noop' });
  kick.tell({ kind: 'accepted', run: 'r1' });
  kick.tell({ kind: 'ended', outcome });
  t.match(kick.outbox().at(-1), {
    kind: 'comment',
    text: /^kicker: corrected \(noop\) Service\[apache2\] in 2\.0 s/,
  });
});

void t.test('the memory has forgotten the service', async (t) => {
  t.test('no verdict is waited for', async (t) => {
    const kick = createKick(t);
    kick.tell({ kind: 'accepted', run: 'r1' });
    kick.forgetService();
    t.strictSame(kick.tell({ kind: 'ended', outcome }), outcome);
    t.equal(kick.found(), undefined);
  });
  t.test('a kick that was refused is decided about again', async (t) => {
    const kick = createKick(t);
    kick.forgetService();
    kick.tell({ kind: 'refused', isByHost: true, fault });
    t.match(kick.waiting(), { code: 'kick-ended' });
  });
});

void t.test(
  'a kick about a host itself: its monitor is told nothing',
  async (t) => {
    const kick = createKick(t);
    const { service: _service, ...event } = kick.open.event;
    kick.ledger.transact((transaction) => {
      transaction.close(kick.open.kick);
      transaction.open({ ...kick.open, event }, subjectKey(event));
    });
    kick.tell({ kind: 'accepted', run: 'r1' });
    kick.tell({ kind: 'ended', outcome });
    t.strictSame(kick.actions(), []);
  },
);

void t.test(
  'not needed, says the host: the monitor is asked, and has the last word',
  async (t) => {
    const kick = createKick(t, { tell: told, verifySeconds: 30 });
    const { open } = kick;
    const notNeeded: typeof outcome = {
      kind: 'ended',
      run: 'r1',
      outcome: {
        kind: 'not-needed',
        reason: 'the probe of HTTP is green: HTTP OK',
        corrected: [],
        failed: [],
      },
    };
    kick.tell({ kind: 'accepted', run: 'r1' });
    kick.tell({ kind: 'ended', outcome: notNeeded });
    t.equal(kick.found()?.progress.stage, 'verifying');
    t.strictSame(kick.outbox().slice(1), [
      { kind: 'recheck' },
      {
        kind: 'comment',
        text: `kicker: not-needed the probe of HTTP is green: HTTP OK, run r1, kick ${open.kick}`,
      },
    ]);
    kick.pass(31);
    kick.tell({
      kind: 'window-over',
      verdict: 'still-broken',
      by: 'status data',
    });
    t.match(kick.outbox().at(-1), {
      kind: 'comment',
      text: `kicker: the problem lasts after 30 s (status data), although the probe on the host was green: the probe or the check may be wrong, kick ${open.kick}`,
    });
    t.match(kick.service(), { futile: 1, notNeeded: 1 });
    t.equal(kick.waiting()?.code, 'not-healed');
  },
);

void t.test('what the host said of itself stands in the comment', async (t) => {
  const kick = createKick(t);
  kick.tell({ kind: 'accepted', run: 'r1' });
  const { kind, run } = outcome;
  kick.tell({
    kind: 'ended',
    outcome: { kind, run, outcome: { ...outcome.outcome, verified: true } },
  });
  t.match(kick.outbox().at(-1), {
    text: /corrected Service\[apache2\] \(verified on the host\), run r1/,
  });
});
