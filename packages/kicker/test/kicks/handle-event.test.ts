import t from 'tap';
import { subjectKey } from '../../src/events/event.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import { handleEvent, type Handled } from '../../src/kicks/handle-event.ts';
import { subjectOfAction } from '../../src/outbox/action.ts';
import { recordOutcome, tellKick } from '../../src/kicks/tell-kick.ts';
import { createDecidingWorld, eventOf, startMs } from './deciding-world.ts';

const subject = subjectKey(eventOf());

/** @throws when it was not decided to send a kick */
function kickOf(handled: Handled): string {
  if (handled.kind !== 'send') throw new Error(handled.kind);
  return handled.open.kick;
}
function codeOf(handled: Handled): string {
  if (handled.kind === 'told') return handled.decision.code;
  return handled.kind === 'send' ? 'kick' : handled.kind;
}

void t.test(
  'a kick is in the ledger, with all that it needs later, before it is sent',
  async (t) => {
    const world = createDecidingWorld(t);
    const handled = world.handle({}, { source: 'file' });
    const kick = kickOf(handled);
    t.match(world.ledger.findOpen({ kick }), {
      kick,
      decided: { wallMs: startMs },
      lifeMs: 600_000,
      target: { certname: 'web1' },
      request: {
        kick,
        certname: 'web1',
        expires: '2026-03-01T12:10:00.000Z',
        because: { monitor: 'nagios', host: 'web1', service: 'HTTP' },
      },
      plan: {
        verifySeconds: 300,
        comment: true,
        acknowledge: false,
        holdSeconds: 0,
        escalate: ['comment'],
      },
      progress: { stage: 'sending' },
    });
    t.strictSame(
      world.entries().map(({ kind }) => kind),
      ['event', 'decision', 'kick'],
    );
    t.equal(world.ledger.countWaiting(), 0);
    t.strictSame(world.handle({}, { source: 'file' }), { kind: 'known' });
    t.equal(world.entries().length, 3, 'a file is taken once');
  },
);

void t.test('nobody knows where the host is: no kick', async (t) => {
  const world = createDecidingWorld(t);
  const handled = world.handle({}, { target: null, facts: { groups: [] } });
  t.equal(codeOf(handled), 'no-target');
  t.strictSame(world.ledger.listOpen(1), []);
});

void t.test(
  'a kick is under way that the memory has forgotten: joined',
  async (t) => {
    const world = createDecidingWorld(t);
    const kick = kickOf(world.handle());
    const service = world.ledger.read('service', 'web1\tHTTP');
    t.equal(service?.open?.kick, kick);
    world.ledger.transact((transaction) => {
      for (const [kind, key] of [
        ['service', 'web1\tHTTP'],
        ['host', 'web1'],
        ['kick', kick],
      ] as const) {
        transaction.remember([{ kind, key, value: undefined }]);
      }
    });
    const handled = world.handle(
      {},
      { facts: { groups: [], remarks: ['no attempt'] } },
    );
    t.match(handled, {
      kind: 'told',
      isNews: true,
      decision: {
        kind: 'skip',
        code: 'joined',
        kick,
        reasons: [
          `kick ${kick} for this problem is already under way`,
          'no attempt',
        ],
      },
    });
    const again = world.handle();
    t.strictSame(
      again.kind === 'told' && again.decision.reasons,
      [`kick ${kick} for this problem is already under way`],
      'nothing to remark',
    );
    t.equal(world.ledger.listOpen(10).length, 1);
    t.equal(
      world.ledger.read('service', 'web1\tHTTP')?.problem?.ids.nagios,
      '7',
      'the event is remembered all the same',
    );
    t.equal(codeOf(world.handle({ state: 'OK' })), 'not-a-problem');
  },
);

void t.test(
  'a recovery is believed for the problem that it names',
  async (t) => {
    const world = createDecidingWorld(t);
    const kick = kickOf(world.handle({ problem: '8' }));
    t.equal(
      codeOf(world.handle({ state: 'OK', problem: '7' })),
      'other-problem',
    );
    const remembered = world.ledger.read('service', 'web1\tHTTP');
    t.equal(remembered?.problem?.ids.nagios, '8', 'its own problem lasts');
    t.equal(remembered?.open?.kick, kick);
    t.match(world.ledger.findOpen({ kick }), {
      progress: { isOver: undefined },
    });
    t.equal(
      codeOf(world.handle({ state: 'OK', problem: '8' })),
      'not-a-problem',
    );
    t.match(world.ledger.findOpen({ kick }), { progress: { isOver: true } });
  },
);

void t.test(
  'a late recovery of the problem before tells the kick of that problem alone',
  async (t) => {
    const world = createDecidingWorld(t);
    const first = kickOf(world.handle({ problem: '7' }));
    // The second episode joins the kick that is under way for the first.
    t.equal(codeOf(world.handle({ problem: '8' })), 'joined');
    t.equal(
      codeOf(world.handle({ state: 'OK', problem: '7' })),
      'other-problem',
    );
    t.match(world.ledger.findOpen({ kick: first }), {
      progress: { isOver: true },
    });
    t.equal(
      world.ledger.countWaiting(),
      1,
      'the second is decided about again all the same',
    );
  },
);

void t.test(
  'a kick is remembered that the ledger does not have: it ended, and nobody knows how',
  async (t) => {
    const world = createDecidingWorld(t);
    const kick = kickOf(world.handle());
    world.ledger.transact((transaction) => transaction.close(kick));
    t.equal(codeOf(world.handle()), 'verifying');
    t.strictSame(
      world.entries().find((entry) => entry.kind === 'outcome')?.body,
      {
        kind: 'not-known',
        code: 'LOST',
        message: 'the ledger has no such kick',
      },
    );
    t.equal(world.ledger.read('service', 'web1\tHTTP')?.open, undefined);
  },
);

void t.test('it is looked at again', async (t) => {
  const world = createDecidingWorld(t, {}, { hostIntervalSeconds: 0 });
  const kick = kickOf(world.handle());
  const end = (): void =>
    world.ledger.transact((transaction) => {
      const outcome = { kind: 'gave-up', code: 'X', message: 'x' } as const;
      const telling = { rules: world.deciding.rules, now: world.now() };
      recordOutcome(transaction, { kick, problem: 'x' }, outcome, telling);
      transaction.close(kick);
    });
  end();
  t.equal(codeOf(world.handle()), 'cool-down');
  const waits = () =>
    world.ledger.transact((transaction) => transaction.findWaiting(subject));
  t.match(waits(), { code: 'cool-down', problem: /"7"/ });

  t.test(
    'and all is as it was: the ledger does not repeat itself',
    async (t) => {
      const before = world.entries().length;
      t.match(world.handle({}, { isAgain: true }), {
        kind: 'told',
        isNews: false,
      });
      t.equal(world.entries().length, before);
      t.match(waits(), { code: 'cool-down' });
    },
  );

  t.test('an event that says nothing ends no waiting', async (t) => {
    world.pass(10);
    const old = world.handle({ at: '2026-03-01T11:00:00Z' });
    t.equal(codeOf(old), 'stale');
    t.match(waits(), { code: 'cool-down' });
    const soft = world.handle({ stateType: 'SOFT', attempt: 1 });
    t.equal(codeOf(soft), 'attempt-not-reached');
    t.match(waits(), { code: 'cool-down' });
  });

  t.test('the service is in another problem by now: gone', async (t) => {
    // Only remembered: what waits is still the old one.
    world.ledger.transact((transaction) => {
      const service = transaction.read('service', 'web1\tHTTP');
      if (service?.problem === undefined) throw new Error('no problem');
      const problem = { ...service.problem, ids: { nagios: '8' } };
      transaction.remember([
        { kind: 'service', key: 'web1\tHTTP', value: { ...service, problem } },
      ]);
    });
    world.pass(3600);
    t.strictSame(world.handle({}, { isAgain: true }), { kind: 'gone' });
    t.equal(waits(), undefined);
    t.strictSame(
      world.handle({}, { isAgain: true }),
      { kind: 'gone' },
      'nothing waits',
    );
    t.strictSame(world.ledger.listOpen(1), []);
  });
});

void t.test(
  'another monitor’s problem joins the kick, and is decided about after it',
  async (t) => {
    const world = createDecidingWorld(t);
    const kick = kickOf(world.handle());
    const other = { monitor: 'dc2', problem: '1' };
    t.match(world.handle(other), {
      kind: 'told',
      isNews: true,
      decision: { code: 'joined', kick },
    });
    const waits = () =>
      world.ledger.transact((transaction) =>
        transaction.findWaiting(subjectKey(eventOf(other))),
      );
    t.match(waits(), { code: 'joined', afterMs: 5000 });
    t.match(world.handle(other, { isAgain: true }), {
      kind: 'told',
      isNews: false,
    });
    t.match(waits(), { code: 'joined' });
    t.match(
      world.handle(other),
      { kind: 'told', isNews: true },
      'its monitor says so once more',
    );
  },
);

void t.test(
  'what waited for something else joins a kick: that is news',
  async (t) => {
    const world = createDecidingWorld(t);
    const other = { monitor: 'dc2', problem: '1', isFlapping: true };
    t.equal(codeOf(world.handle(other)), 'flapping');
    const kick = kickOf(world.handle());
    t.match(world.handle({ ...other, isFlapping: false }, { isAgain: true }), {
      kind: 'told',
      isNews: true,
      decision: { code: 'joined', kick },
    });
  },
);

void t.test('green', async (t) => {
  t.test('while the kick was not sent: it is wanted no more', async (t) => {
    const world = createDecidingWorld(t);
    const kick = kickOf(world.handle());
    t.match(world.handle({ state: 'OK' }), {
      kind: 'told',
      isNews: true,
      decision: { code: 'not-a-problem' },
    });
    t.match(world.ledger.findOpen({ kick })?.progress, {
      stage: 'sending',
    });
  });
  t.test('what waited waits no more', async (t) => {
    const world = createDecidingWorld(t);
    t.equal(codeOf(world.handle({ isFlapping: true })), 'flapping');
    t.equal(world.ledger.countWaiting(), 1);
    world.handle({ state: 'OK' });
    t.equal(world.ledger.countWaiting(), 0);
  });
});

void t.test(
  'a person is called once for a problem, and told its end',
  async (t) => {
    const world = createDecidingWorld(
      t,
      {
        attempts: { perProblem: 1, perPeriod: 6, periodSeconds: 86_400 },
        coolDownSeconds: 0,
        tell: {
          comment: true,
          acknowledge: false,
          holdSeconds: 0,
          escalate: ['command', 'passive'],
        },
      },
      { hostIntervalSeconds: 0 },
      {
        can: () => true,
        command: ['/page'],
        passive: { host: 'monitor', service: 'kicker' },
      },
    );
    const kick = kickOf(world.handle());
    world.ledger.transact((transaction) => {
      const telling = {
        rules: world.deciding.rules,
        now: world.now(),
        can: () => false,
      };
      tellKick(
        transaction,
        kick,
        {
          kind: 'refused',
          isByHost: true,
          fault: { code: 'X', message: 'x' },
        },
        telling,
      );
    });
    t.equal(codeOf(world.handle()), 'attempts-used');
    const calls = () =>
      world
        .actions()
        .map((action) => (action.to === 'person' ? 'person' : action.feedback));
    t.match(calls(), [
      { kind: 'result', state: 'CRITICAL', text: /attempts\.perProblem is 1/ },
      'person',
    ]);
    t.equal(codeOf(world.handle()), 'attempts-used');
    t.equal(calls().length, 2, 'once');
    t.equal(
      world.entries().filter(({ kind }) => kind === 'escalation').length,
      1,
    );
    world.handle({ state: 'OK' });
    // Of one subject only the first is to be done now.
    const [shown] = world.actions();
    if (shown === undefined) throw new Error('nothing is shown');
    const results = world.ledger.transact((transaction) =>
      transaction.pendingActions(subjectOfAction(shown)),
    );
    t.match(
      results.map(({ action }) => action),
      [
        { feedback: { kind: 'result', state: 'CRITICAL' } },
        {
          feedback: {
            kind: 'result',
            state: 'OK',
            text: 'kicker: problem web1 / HTTP is over',
          },
        },
      ],
    );
  },
);

/** Ends the kick; it is followed by the wait for its verdict where the run ended. */
function endKick(world: ReturnType<typeof createDecidingWorld>, kick: string) {
  const outcome: Extract<OutcomeRecord, { kind: 'ended' }> = {
    kind: 'ended',
    run: 'r',
    outcome: { kind: 'corrected', corrected: [], failed: [] },
  };
  const telling = {
    rules: world.deciding.rules,
    now: world.now(),
    can: () => true,
  };
  world.ledger.transact((transaction) => {
    tellKick(transaction, kick, { kind: 'accepted', run: 'r' }, telling);
    tellKick(transaction, kick, { kind: 'ended', outcome }, telling);
  });
}

void t.test('what belongs to a kick is found by it', async (t) => {
  const world = createDecidingWorld(t);
  const handled = world.handle();
  const kick = kickOf(handled);
  t.match(
    world.ledger.entriesOf({ kick }).map(({ entry }) => entry),
    [
      { kind: 'event', body: { host: 'web1' } },
      { kind: 'decision', body: { kind: 'kick' } },
      {
        kind: 'kick',
        body: { target: { certname: 'web1' }, request: { kick } },
      },
    ],
  );
  const joined = world.handle();
  t.equal(codeOf(joined), 'joined');
  t.equal(world.ledger.entriesOf({ kick }).length, 5, 'and what joined it');
  t.equal(world.ledger.countWaiting(), 0, 'the same problem waits for nothing');
});

void t.test(
  'a problem that waited waits no more when it is kicked',
  async (t) => {
    const world = createDecidingWorld(t);
    t.equal(codeOf(world.handle({ isFlapping: true })), 'flapping');
    t.equal(world.ledger.countWaiting(), 1);
    t.equal(codeOf(world.handle({}, { isAgain: true })), 'kick');
    t.equal(world.ledger.countWaiting(), 0);
  },
);

void t.test('looked at again, and another reason: that is news', async (t) => {
  const world = createDecidingWorld(t);
  world.handle({ isFlapping: true });
  const before = world.entries().length;
  t.match(world.handle({ inDowntime: true }, { isAgain: true }), {
    kind: 'told',
    isNews: true,
    decision: { code: 'in-downtime' },
  });
  t.equal(world.entries().length, before + 2);
  const soft = { stateType: 'SOFT', attempt: 1 } as const;
  t.equal(codeOf(world.handle(soft, { isAgain: true })), 'attempt-not-reached');
  t.equal(world.ledger.countWaiting(), 0, 'nothing is wanted any more');
});

void t.test(
  'a verdict that nobody waited for: its kick makes room for the next',
  async (t) => {
    const world = createDecidingWorld(
      t,
      { coolDownSeconds: 0 },
      { hostIntervalSeconds: 0 },
    );
    const first = kickOf(world.handle());
    endKick(world, first);
    t.match(world.ledger.findOpen({ kick: first })?.progress, {
      stage: 'verifying',
    });
    t.equal(codeOf(world.handle()), 'verifying');
    world.pass(3600);
    const second = kickOf(world.handle());
    t.not(second, first);
    t.equal(world.ledger.findOpen({ kick: first }), undefined);
    t.equal(world.ledger.listOpen(10).length, 1);
  },
);

void t.test(
  'SOFT becomes HARD while it heals: Nagios has forgotten the hold, and is told again',
  async (t) => {
    const world = createDecidingWorld(t, {
      tell: {
        comment: false,
        acknowledge: false,
        holdSeconds: 120,
        escalate: [],
      },
    });
    const soft = { stateType: 'SOFT', attempt: 3 } as const;
    const holds = () =>
      world.ledger
        .transact((transaction) =>
          transaction.pendingActions('["nagios","web1","HTTP"]'),
        )
        .flatMap(({ action }) =>
          action.to === 'monitor' && action.feedback.kind === 'hold'
            ? [action.feedback]
            : [],
        );
    const kick = kickOf(world.handle(soft));
    world.handle();
    t.strictSame(holds(), [], 'not before the host has accepted it');
    endKick(world, kick);
    world.pass(5);
    t.equal(holds().length, 1);
    t.equal(codeOf(world.handle(soft)), 'verifying');
    t.equal(codeOf(world.handle({}, { isAgain: true })), 'verifying');
    t.equal(holds().length, 1, 'nothing was confirmed');
    t.equal(codeOf(world.handle()), 'verifying');
    t.strictSame(holds().slice(1), [
      {
        kind: 'hold',
        until: '2026-03-01T12:02:05.000Z',
        text: `kicker: healing, kick ${kick}`,
        isAgain: true,
      },
    ]);
    t.match(world.ledger.findOpen({ kick })?.progress, { stage: 'verifying' });
    world.handle({ state: 'OK' });
    t.equal(world.ledger.findOpen({ kick }), undefined);
  },
);

void t.test(
  'green after the run: healed, and the acknowledgement goes',
  async (t) => {
    const world = createDecidingWorld(t, {
      tell: { comment: false, acknowledge: true, holdSeconds: 0, escalate: [] },
    });
    const kick = kickOf(world.handle());
    endKick(world, kick);
    world.pass(5);
    t.equal(codeOf(world.handle({ state: 'OK' })), 'not-a-problem');
    const kinds = world.entries().map(({ kind }) => kind);
    t.strictSame(kinds.slice(-3), ['event', 'decision', 'verdict']);
    t.match(world.entries().at(-1)?.body, { verdict: 'healed' });
    t.equal(world.ledger.findOpen({ kick }), undefined);
  },
);

void t.test(
  'the end of a problem that nobody was called for is told to nobody',
  async (t) => {
    const passive = { host: 'monitor', service: 'kicker' };
    const world = createDecidingWorld(t, {}, {}, { can: () => true, passive });
    world.handle({ isFlapping: true });
    world.handle({ state: 'OK' });
    t.strictSame(world.actions(), []);
    t.strictSame(world.ledger.remembered('page', '', 9), []);
  },
);

void t.test(
  'a call from before calls were kept has its end told',
  async (t) => {
    const passive = { host: 'monitor', service: 'kicker' };
    const world = createDecidingWorld(t, {}, {}, { can: () => true, passive });
    world.handle({ isFlapping: true });
    world.ledger.transact((transaction) => {
      const key = 'web1\tHTTP';
      const service = transaction.read('service', key);
      if (service?.problem === undefined) throw new Error('no problem');
      const problem = { ...service.problem, isTold: true };
      transaction.remember([
        { kind: 'service', key, value: { ...service, problem } },
      ]);
    });
    world.handle({ state: 'OK' });
    t.match(world.actions(), [
      {
        monitor: 'nagios',
        place: passive,
        feedback: {
          kind: 'result',
          state: 'OK',
          text: 'kicker: problem web1 / HTTP is over',
        },
      },
    ]);
    t.strictSame(world.ledger.remembered('page', '', 9), []);
  },
);

void t.test(
  'a kick is under way and remembered: the engine judges',
  async (t) => {
    const world = createDecidingWorld(t);
    kickOf(world.handle());
    t.equal(codeOf(world.handle({ inDowntime: true })), 'in-downtime');
  },
);

void t.test('looked at again when nothing waits any more: gone', async (t) => {
  const world = createDecidingWorld(t);
  world.handle({ isFlapping: true });
  world.ledger.transact((transaction) => transaction.endWaiting(subject));
  t.strictSame(world.handle({}, { isAgain: true }), { kind: 'gone' });
  t.strictSame(world.ledger.listOpen(1), []);
});

void t.test('what waits and is remembered no more has ended', async (t) => {
  const world = createDecidingWorld(t);
  world.handle({ isFlapping: true });
  world.ledger.transact((transaction) =>
    transaction.remember([
      { kind: 'service', key: 'web1\tHTTP', value: undefined },
    ]),
  );
  t.equal(codeOf(world.handle({}, { isAgain: true })), 'ended');
});

void t.test(
  'green, and nothing was known, or it was green before',
  async (t) => {
    const world = createDecidingWorld(t);
    t.equal(codeOf(world.handle({ state: 'OK' })), 'not-a-problem');
    world.handle({ isFlapping: true });
    t.equal(codeOf(world.handle({ state: 'OK' })), 'not-a-problem');
    t.equal(codeOf(world.handle({ state: 'OK' })), 'not-a-problem');
  },
);

void t.test('an event of another kind ends the waiting', async (t) => {
  const world = createDecidingWorld(t);
  world.handle({ isFlapping: true });
  t.equal(world.ledger.countWaiting(), 1);
  const { kind } = world.handle({}, { target: null, facts: { groups: [] } });
  t.equal(kind, 'told');
  t.equal(world.ledger.countWaiting(), 0, 'there is no host to kick');
});

void t.test('a storm that a person was not called for, again', async (t) => {
  const world = createDecidingWorld(
    t,
    {},
    {
      share: { percent: 30, hosts: 2, hostsOfUnknown: 0 },
      storm: { exitDelaySeconds: 600, backlog: 'replay' },
    },
  );
  const facts = { certname: 'web1', groups: [{ name: 'web' }] };
  t.match(world.handle({}, { facts }), {
    decision: { code: 'storm-waiting', escalate: { about: 'storm of web' } },
  });
  t.match(world.handle({}, { facts, isAgain: true }), { isNews: false });
  const group = world.ledger.read('group', 'web');
  if (group?.storm === undefined) throw new Error('no storm');
  const storm = { ...group.storm, isTold: false };
  world.ledger.transact((transaction) =>
    transaction.remember([
      { kind: 'group', key: 'web', value: { ...group, storm } },
    ]),
  );
  t.match(world.handle({}, { facts, isAgain: true }), {
    isNews: true,
    decision: { code: 'storm-waiting', escalate: { about: 'storm of web' } },
  });
  const calls = world.entries().filter(({ kind }) => kind === 'escalation');
  t.equal(calls.length, 2);
});

void t.test('the end of a call is told where the call was', async (t) => {
  const passive = { service: 'kicker' };
  const world = createDecidingWorld(t, {}, {}, { can: () => true, passive });
  const facts = { groups: [] };
  world.handle({ isFlapping: true }, { target: null, facts });
  const key = 'web1\tHTTP';
  const service = world.ledger.read('service', key);
  if (service?.problem === undefined) throw new Error('no problem');
  const problem = { ...service.problem, isTold: true };
  world.ledger.transact((transaction) =>
    transaction.remember([
      { kind: 'service', key, value: { ...service, problem } },
      {
        kind: 'page',
        key: `problem ${key}`,
        value: {
          monitor: 'dc2',
          host: 'web1.dc2',
          about: { kind: 'problem', service: key },
        },
      },
    ]),
  );
  world.handle({ state: 'OK' }, { target: null, facts });
  t.match(world.actions(), [
    { monitor: 'dc2', place: { host: 'web1.dc2' }, feedback: { state: 'OK' } },
  ]);
});

void t.test('an event of a host is about none of its services', async (t) => {
  const world = createDecidingWorld(t);
  const kick = kickOf(world.handle({ service: 'undefined' }));
  world.ledger.transact((transaction) => transaction.close(kick));
  const { service: _service, ...event } = eventOf();
  handleEvent(
    { event, facts: { certname: 'web1', groups: [] } },
    world.deciding,
  );
  t.notOk(
    world.ledger
      .entriesOf({ kick })
      .some(({ entry }) => entry.kind === 'outcome'),
  );
});
