import t from 'tap';
import type { Decision } from '../../src/decide/decision.ts';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import { changesNothing } from '../../src/decide/learn-decision.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import { emptyService } from '../../src/decide/service-memory.ts';
import { createLearner } from './learn-on.ts';
import { critical } from './situation-of.ts';

const minute = 60 * 1000;
const key = 'web1.example.com\tHTTP';
const facts = {
  certname: 'web1.example.com',
  groups: [{ name: 'web', members: 10 }],
};
const kick: Decision = {
  kind: 'kick',
  mode: 'automatic',
  request: {},
  reasons: [],
};
type Skip = Extract<Decision, { kind: 'skip' }>;
const skip = (code: Skip['code'], more: Partial<Skip> = {}): Skip => ({
  kind: 'skip',
  code,
  reasons: [],
  ...more,
});
const wait: Decision = {
  kind: 'wait',
  code: 'cool-down',
  reasons: [],
  againAfterMs: 1,
};
const problem = { sinceMs: 0, ids: {}, kicks: 0, isTold: false };

function createTold(rules: RuleSet = defaultRuleSet) {
  const { read, set, setFleet, tell } = createLearner({ rules });
  set('service', key, { ...emptyService(0), problem });
  return {
    read,
    set,
    setFleet,
    decided: (
      decision: Decision,
      atMs = minute,
      id?: string,
      event = critical,
    ) =>
      tell(
        {
          kind: 'decided',
          event,
          facts,
          decision,
          ...(id === undefined ? {} : { kick: id }),
        },
        atMs,
      ),
    service: () => read('service', key),
  };
}

void t.test('a kick is under way', async (t) => {
  const told = createTold();
  told.setFleet({ open: 1, kicks: [5], isTrouble: true });
  told.decided(kick, minute, 'k1');
  t.strictSame(told.service(), {
    ...emptyService(0),
    problem: { ...problem, kicks: 1, wantedMs: minute },
    kicks: [minute],
    open: { kick: 'k1', isNoop: false },
  });
  t.match(told.read('kick', 'k1'), {
    certname: 'web1.example.com',
    atMs: minute,
    service: 'HTTP',
    cm: '',
    isNoop: false,
    verifySeconds: 300,
    futileRuns: 2,
    noopChanges: 20,
  });
  t.match(told.read('host', 'web1.example.com'), {
    open: { kick: 'k1', service: 'HTTP' },
    lastKickMs: minute,
    counted: { groups: [''], quarter: '0' },
  });
  t.match(told.read('fleet', ''), { open: 2, kicks: [5, minute] });
  t.equal(
    told.read('fleet', '')?.isTrouble,
    undefined,
    'the monitor is believed again',
  );
  told.decided(kick, 2 * minute, 'k1');
  t.equal(told.service()?.problem?.kicks, 1, 'told twice');
  const nameless = createTold();
  nameless.decided(kick, minute);
  t.equal(nameless.service()?.open, undefined, 'a kick without an id');
});

void t.test(
  'a second kick of a problem that was wanted since long',
  async (t) => {
    const told = createTold();
    told.set('service', key, {
      ...emptyService(0),
      problem: { ...problem, kicks: 1, wantedMs: 7, isTold: true },
      kicks: [1, 2, 3, 4, 5, 6],
    });
    told.decided({ ...kick, mode: 'noop' }, minute, 'k2');
    t.match(told.service(), {
      problem: { kicks: 2, wantedMs: 7, isTold: true },
      kicks: [2, 3, 4, 5, 6, minute],
      open: { kick: 'k2', isNoop: true },
    });
    t.equal(told.read('kick', 'k2')?.isNoop, true);
  },
);

void t.test(
  'one kick more after the policy changed begins the counts anew',
  async (t) => {
    const told = createTold();
    told.set('host', 'web1.example.com', { bad: [], policy: 'v2' });
    told.set('service', key, {
      ...emptyService(0),
      problem: { ...problem, kicks: 3, wantedMs: 7 },
      block: { why: 'futile', atMs: 0, policy: 'v1' },
    });
    told.decided(kick, minute, 'k1');
    t.match(told.service(), {
      problem: { kicks: 1, wantedMs: minute },
      block: { why: 'futile', atMs: minute, policy: 'v2' },
    });
  },
);

void t.test('a rule of its own: profile, probe of the CM server', async (t) => {
  const rule = {
    ...defaultRule,
    what: { cm: 'cf' },
    verifySeconds: 9,
    noopChanges: 1,
  };
  const told = createTold({ ...defaultRuleSet, rules: [rule] });
  told.set('server', 'cf', {
    failed: ['a', 'b', 'c'],
    openSinceMs: 0,
    isTold: true,
  });
  told.decided(kick, minute, 'k1');
  t.match(told.read('kick', 'k1'), {
    cm: 'cf',
    verifySeconds: 9,
    noopChanges: 1,
  });
  t.match(told.read('server', 'cf'), { probe: 'k1', openSinceMs: 0 });
  const well = createTold({ ...defaultRuleSet, rules: [rule] });
  well.set('server', 'cf', { failed: ['a'], isTold: false });
  well.decided(kick, minute, 'k1');
  t.strictSame(well.read('server', 'cf'), { failed: ['a'], isTold: false });
});

void t.test('a kick that is wanted, held, or given up', async (t) => {
  const told = createTold();
  told.decided(wait, 5);
  t.equal(told.service()?.problem?.wantedMs, 5);
  told.decided(wait, 6);
  t.equal(told.service()?.problem?.wantedMs, 5, 'since it was first wanted');
  for (const code of [
    'futile',
    'joined',
    'attempt-not-reached',
    'state-not-configured',
    'storm',
  ] as const) {
    told.decided(skip(code), 7);
    t.equal(told.service()?.problem?.wantedMs, 5, code);
  }
  const escalate = { about: 'problem', reason: 'x' };
  told.decided(skip('futile', { escalate }), 7);
  t.match(
    told.service()?.problem,
    { wantedMs: 5, isTold: true },
    'a person is told, and it is wanted all the same',
  );
  for (const code of ['in-downtime', 'acknowledged', 'host-down'] as const) {
    told.decided(wait, 8);
    told.decided(skip(code), 9);
    t.equal(
      told.service()?.problem?.wantedMs,
      undefined,
      `${code}: wanted anew when it is given back`,
    );
  }
});

void t.test(
  'a service that is green, or unknown, gets no problem from a decision',
  async (t) => {
    const { read, tell } = createLearner();
    for (const decision of [wait, skip('in-downtime'), skip('not-a-problem')]) {
      tell({ kind: 'decided', event: critical, facts, decision }, 1);
    }
    t.equal(read('service', key), undefined);
    const { service: _service, ...hostEvent } = critical;
    tell({ kind: 'decided', event: hostEvent, facts, decision: wait }, 1);
    t.equal(read('service', 'web1.example.com\t'), undefined);
  },
);

void t.test('observed counts as if it were kicked', async (t) => {
  const told = createTold();
  told.decided(skip('observed', { would: kick }), minute);
  t.match(told.service(), {
    problem: { kicks: 1 },
    kicks: [minute],
    lastEndMs: minute,
    open: undefined,
  });
  told.decided(skip('observed', { would: wait }), 2 * minute);
  t.equal(told.service()?.problem?.kicks, 1);
});

void t.test('a person is told of a problem', async (t) => {
  const told = createTold();
  const escalate = { about: 'problem', reason: 'x' };
  told.decided(skip('futile', { escalate }), minute);
  t.strictSame(told.service()?.problem, { ...problem, isTold: true });
  t.strictSame(told.read('page', `problem ${key}`), {
    monitor: 'nagios',
    host: 'web1',
    about: { kind: 'problem', service: key },
  });
});

void t.test('of the monitor, the CM server, a storm', async (t) => {
  const told = createTold();
  told.decided({ ...wait, escalate: { about: 'monitor', reason: 'x' } });
  t.equal(told.read('fleet', '')?.isTrouble, true);
  t.strictSame(told.read('page', 'monitor'), {
    monitor: 'nagios',
    host: 'web1',
    about: { kind: 'monitor' },
  });

  told.decided({ ...wait, escalate: { about: 'server', reason: 'x' } });
  t.equal(told.read('page', 'server '), undefined, 'of which nothing is known');
  told.set('server', '', { failed: ['a'], isTold: false });
  told.decided({ ...wait, escalate: { about: 'server', reason: 'x' } });
  t.equal(told.read('server', '')?.isTold, true);
  t.strictSame(told.read('page', 'server ')?.about, { kind: 'server', cm: '' });

  told.set('group', 'web', {
    counts: {},
    storm: { sinceMs: 3, isTold: false },
  });
  told.set('group', 'db', { counts: {}, storm: { sinceMs: 3, isTold: false } });
  told.decided(
    skip('storm', { escalate: { about: 'storm of web', reason: 'x' } }),
  );
  t.strictSame(told.read('group', 'web')?.storm, { sinceMs: 3, isTold: true });
  t.equal(
    told.read('group', 'db')?.storm?.isTold,
    false,
    'the host is not in it',
  );
  t.strictSame(told.read('page', 'storm of web')?.about, {
    kind: 'storm',
    groups: ['web'],
  });
  t.equal(told.service()?.problem?.isTold, false);
});

void t.test('a window that is over by now is settled', async (t) => {
  const told = createTold();
  told.set('service', key, {
    ...emptyService(0),
    problem,
    verifying: { kick: 'k', untilMs: 5, futileRuns: 2 },
  });
  told.decided(skip('attempt-not-reached'), minute);
  t.match(told.service(), { futile: 1, verifying: undefined });
});

void t.test('what changes nothing', async (t) => {
  const rows: [Decision, boolean][] = [
    [skip('not-a-problem'), true],
    [skip('joined'), true],
    [skip('state-not-configured'), true],
    [skip('in-downtime'), false],
    [skip('acknowledged'), false],
    [skip('futile', { escalate: { about: 'problem', reason: 'x' } }), false],
    [skip('observed', { would: wait }), false],
    [wait, false],
    [kick, false],
  ];
  for (const [decision, nothing] of rows) {
    t.equal(changesNothing(decision), nothing, JSON.stringify(decision));
  }
});

const noRules: RuleSet = { ...defaultRuleSet, rules: [] };

void t.test('a kick of a service of which nothing was known', async (t) => {
  const { read, tell } = createLearner();
  tell(
    { kind: 'decided', event: critical, facts, decision: kick, kick: 'k1' },
    5,
  );
  t.strictSame(read('service', key)?.problem, {
    sinceMs: 5,
    ids: {},
    kicks: 1,
    isTold: false,
    wantedMs: 5,
  });
  t.strictSame(read('host', 'web1.example.com')?.bad, []);
});

void t.test('no kick where none was decided', async (t) => {
  const told = createTold();
  told.decided(wait, minute, 'k1');
  t.equal(told.read('kick', 'k1'), undefined);
  const bare = createTold(noRules);
  bare.decided(kick, minute, 'k1');
  t.equal(bare.read('kick', 'k1'), undefined, 'by no rule');
  bare.decided(skip('observed', { would: kick }), minute);
  t.equal(bare.service()?.problem?.kicks, 0);
  const { service: _service, ...hostEvent } = critical;
  told.decided(kick, minute, 'k2', hostEvent);
  t.equal(told.read('kick', 'k2'), undefined, 'a host is not kicked');
});

void t.test('what is wanted already is not written again', async (t) => {
  const told = createTold();
  told.decided(wait, 5);
  const before = told.service();
  told.decided(wait, 6);
  t.equal(told.service(), before);
  told.set('service', key, emptyService(0));
  told.decided(wait, 7);
  t.strictSame(told.service(), emptyService(0), 'it is green');
});

void t.test('a new kick has its place for a moment only', async (t) => {
  const told = createTold();
  told.setFleet({ kicks: Array.from({ length: 20 }, (_, index) => index) });
  told.set('host', 'web1.example.com', {
    bad: ['HTTP'],
    counted: { groups: [''], quarter: '0' },
  });
  told.decided(kick, 480 * minute, 'k1');
  // until it is accepted: three seconds
  t.equal(told.read('kick', 'k1')?.place?.second, '28803');
  t.equal(
    told.read('fleet', '')?.kicks.length,
    20,
    'as many as the rate needs',
  );
  t.equal(told.read('host', 'web1.example.com')?.counted?.quarter, '1');
});

void t.test(
  'given up, and nobody knows the version of the policy',
  async (t) => {
    const told = createTold();
    told.set('service', key, {
      ...emptyService(0),
      problem,
      block: { why: 'futile', atMs: 0 },
    });
    told.decided(kick, minute, 'k1');
    t.strictSame(told.service()?.block, { why: 'futile', atMs: minute });
  },
);

void t.test('calls of a person that are odd', async (t) => {
  const told = createTold(noRules);
  told.set('server', '', { failed: ['a'], isTold: false });
  told.decided({ ...wait, escalate: { about: 'server', reason: 'x' } });
  t.equal(told.read('server', '')?.isTold, true, 'of the usual tool');
  told.decided({ ...wait, escalate: { about: 'else', reason: 'x' } });
  t.equal(told.read('page', 'else'), undefined);
});

void t.test('a storm in one of its groups', async (t) => {
  const { read, set, tell } = createLearner();
  set('group', 'web', { counts: {}, storm: { sinceMs: 3, isTold: false } });
  set('group', 'all', { counts: {} });
  const groups = ['all', 'new', 'web'].map((name) => ({ name }));
  const escalate = { about: 'storm of web', reason: 'x' };
  tell(
    {
      kind: 'decided',
      event: critical,
      facts: { ...facts, groups },
      decision: skip('storm', { escalate }),
    },
    minute,
  );
  t.strictSame(read('page', 'storm of web')?.about, {
    kind: 'storm',
    groups: ['web'],
  });
  t.strictSame(read('group', 'all'), { counts: {} });
});
