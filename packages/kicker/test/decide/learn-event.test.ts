import t from 'tap';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import { emptyService } from '../../src/decide/service-memory.ts';
import type { Event } from '../../src/events/event.ts';
import { createLearner } from './learn-on.ts';
import { critical } from './situation-of.ts';

const minute = 60 * 1000;
const hour = 60 * minute;
const key = 'web1.example.com\tHTTP';
const { service: _service, ...hostEvent } = critical;

function createTold(rules = defaultRuleSet) {
  const { read, set, tell } = createLearner({ rules });
  const facts = {
    certname: 'web1.example.com',
    groups: [{ name: 'web', members: 10 }],
  };
  return {
    set,
    event: (change: Partial<Event>, atMs = 0, groups = facts.groups) =>
      tell(
        {
          kind: 'event',
          event: { ...critical, ...change },
          facts: { ...facts, groups },
        },
        atMs,
      ),
    hostEvent: (change: Partial<Event>, atMs = 0) =>
      tell({ kind: 'event', event: { ...hostEvent, ...change }, facts }, atMs),
    again: (change: Partial<Event>, atMs = 0) =>
      tell({ kind: 'facts', event: { ...critical, ...change }, facts }, atMs),
    host: () => read('host', 'web1.example.com'),
    service: () => read('service', key),
    group: (name = 'web') => read('group', name),
  };
}
const problem = (sinceMs: number, ids = {}) => ({
  sinceMs,
  ids,
  kicks: 0,
  isTold: false,
});

void t.test('a problem begins', async (t) => {
  const told = createTold();
  told.event({ problem: '7' }, 5000);
  t.strictSame(told.service(), {
    ...emptyService(5000),
    flap: {
      ...emptyService(5000).flap,
      states: 'oooooooooooooooooooooc'.slice(1),
      percent: 6.25,
    },
    problem: problem(5000, { nagios: '7' }),
  });
  t.strictSame(told.host(), {
    bad: ['HTTP'],
    heardMs: 5000,
    groups: ['web'],
    counted: { groups: ['web'], quarter: '0' },
  });
  t.strictSame(told.group(), { counts: { '0': 1 }, members: 10 });
});

void t.test(
  'the same problem, by its id, and another monitor with its own',
  async (t) => {
    const told = createTold();
    told.event({ problem: '7' }, 0);
    told.event({ problem: '7' }, minute);
    told.event({}, minute);
    told.event({ monitor: 'icinga', problem: 'x' }, minute);
    t.strictSame(
      told.service()?.problem,
      problem(0, { nagios: '7', icinga: 'x' }),
    );
    told.event({ problem: '8' }, 2 * minute);
    t.strictSame(
      told.service()?.problem,
      problem(2 * minute, { nagios: '8' }),
      'the recovery was not told',
    );
  },
);

void t.test('green again', async (t) => {
  const told = createTold();
  told.event({}, 0);
  told.event({ state: 'OK' }, minute);
  t.equal(told.service()?.problem, undefined);
  t.equal(told.service()?.greenMs, minute);
  t.strictSame(told.host()?.bad, []);
  t.strictSame(told.group()?.counts, {});
  told.event({ state: 'OK' }, 2 * minute);
  t.equal(told.service()?.greenMs, minute, 'seen turning green, not being it');
});

void t.test('green while a run is judged: healed', async (t) => {
  const told = createTold();
  told.set('service', key, {
    ...emptyService(0),
    problem: problem(0),
    verifying: { kick: 'k', untilMs: hour, futileRuns: 2 },
  });
  told.event({ state: 'OK' }, minute);
  t.match(told.service(), { healedMs: minute, greenMs: minute });
  t.equal(told.service()?.verifying, undefined);
});

void t.test('soon after a repair it is the old problem', async (t) => {
  const relapse = (sinceHealedMs: number, more = {}) => {
    const told = createTold();
    told.set('service', key, {
      ...emptyService(0),
      healedMs: hour,
      greenMs: hour,
      ...more,
    });
    told.event({}, hour + sinceHealedMs);
    return told.service();
  };
  t.match(relapse(30 * minute - 1), { futile: 1, healedMs: undefined });
  t.match(relapse(30 * minute - 1, { futile: 1 }), {
    futile: 2,
    block: { why: 'futile', atMs: hour + 30 * minute - 1 },
  });
  t.match(
    relapse(30 * minute, { futile: 1 }),
    { futile: 0, block: undefined },
    'a long green time',
  );
  t.match(
    relapse(30 * minute, { futile: 1, greenMs: hour + 29 * minute }),
    { futile: 1 },
    'green since a minute',
  );
  const block = { why: 'futile', atMs: 1 } as const;
  t.match(
    relapse(5 * hour, { futile: 2, block }),
    { futile: 2, block },
    'only the policy counts',
  );
  t.match(
    relapse(hour, { futile: 1, greenMs: undefined }),
    { futile: 1 },
    'never seen green',
  );
});

void t.test(
  'a recovery that was not told may have been a moment ago',
  async (t) => {
    const told = createTold();
    told.set('service', key, {
      ...emptyService(0),
      futile: 1,
      greenMs: 0,
      problem: problem(0, { nagios: '7' }),
    });
    told.event({ problem: '8' }, 5 * hour);
    t.equal(told.service()?.futile, 1);
    told.event({ problem: '9' }, 6 * hour);
    t.equal(told.service()?.futile, 1);
  },
);

void t.test(
  'another problem while a run is judged: the run had helped',
  async (t) => {
    const told = createTold();
    told.set('service', key, {
      ...emptyService(0),
      problem: problem(0, { nagios: '7' }),
      verifying: { kick: 'k', untilMs: hour, futileRuns: 2 },
    });
    told.event({ problem: '8' }, minute);
    t.match(told.service(), {
      futile: 1,
      verifying: undefined,
      healedMs: undefined,
    });
  },
);

void t.test(
  'trouble: what the rule repairs, and nobody has taken on',
  async (t) => {
    const rows: [change: Partial<Event>, isBad: boolean][] = [
      [{}, true],
      [{ stateType: 'SOFT', attempt: 1 }, true],
      [{ state: 'WARNING' }, false],
      [{ state: 'OK' }, false],
      [{ inDowntime: true }, false],
      [{ acknowledgedBy: 'ada' }, false],
    ];
    for (const [change, isBad] of rows) {
      const told = createTold();
      told.event(change);
      t.strictSame(
        told.host()?.bad,
        isBad ? ['HTTP'] : [],
        JSON.stringify(change),
      );
    }
    const none = createTold({ ...defaultRuleSet, rules: [] });
    none.event({});
    t.strictSame(none.host()?.bad, []);
    t.match(none.service()?.problem, { kicks: 0 });
    const wide = {
      ...defaultRule,
      when: { ...defaultRule.when, states: ['WARNING' as const] },
    };
    const warned = createTold({ ...defaultRuleSet, rules: [wide] });
    warned.event({ state: 'WARNING' });
    t.strictSame(warned.host()?.bad, ['HTTP']);
  },
);

void t.test('the host itself', async (t) => {
  const told = createTold();
  told.hostEvent({ state: 'DOWN' }, 1);
  t.match(told.host(), { state: 'DOWN', bad: [''] });
  t.strictSame(told.group()?.counts, { '0': 1 });
  t.equal(told.service(), undefined);
  told.event({ service: 'SSH', hostState: 'DOWN' }, 2);
  t.match(told.host(), { state: 'DOWN', bad: ['', 'SSH'] });
  told.hostEvent({ state: 'UP' }, 3);
  t.match(told.host(), { state: 'UP', bad: ['SSH'] });
  told.hostEvent({ state: 'UNREACHABLE', inDowntime: true }, 4);
  t.match(
    told.host(),
    { state: 'UNREACHABLE', bad: ['SSH'] },
    'somebody knows',
  );
  told.event({ service: 'SSH', state: 'OK', hostState: 'UP' }, 5);
  t.match(told.host(), { state: 'UP', bad: [] });
  told.event({ state: 'OK' }, 6);
  t.equal(told.host()?.state, 'UP', 'an event that says nothing of the host');
});

void t.test('its groups, as last told', async (t) => {
  const told = createTold();
  told.event({}, 1);
  told.event({}, 2, []);
  t.strictSame(told.host()?.groups, ['web'], 'a monitor that knows none');
  told.event({}, 3, [
    { name: 'web', members: 10 },
    { name: 'all', members: 99 },
  ]);
  t.strictSame(told.host()?.groups, ['web', 'all']);
  t.strictSame(told.group('all')?.counts, { '0': 1 });
  told.event({}, 4, [
    { name: 'all', members: 99 },
    { name: 'web', members: 10 },
  ]);
  t.strictSame(told.host()?.groups, ['all', 'web']);
  t.strictSame(told.group()?.counts, { '0': 1 });
  t.strictSame(told.group('all')?.counts, { '0': 1 });
});

void t.test(
  'when it was last heard of: to the hour, and always with news',
  async (t) => {
    const told = createTold();
    told.event({}, 1);
    told.event({}, hour);
    t.equal(told.host()?.heardMs, 1);
    told.event({}, hour + 1);
    t.equal(told.host()?.heardMs, hour + 1);
    told.event({ state: 'OK' }, hour + 2);
    t.equal(told.host()?.heardMs, hour + 2);
    told.event({}, 8 * hour);
    t.strictSame(told.host()?.counted, { groups: ['web'], quarter: '1' });
    told.event({}, 12 * hour - 1);
    told.event({}, 12 * hour + 1);
    t.strictSame(
      told.host()?.counted,
      { groups: ['web'], quarter: '2' },
      'trouble that is heard of counts anew',
    );
  },
);

void t.test('looked at again: what was given back counts', async (t) => {
  const told = createTold();
  told.event({ inDowntime: true }, 0);
  t.strictSame(told.host()?.bad, []);
  told.again({ inDowntime: true }, minute);
  t.strictSame(told.host()?.bad, [], 'it lasts');
  told.again({}, 2 * minute);
  t.strictSame(told.host()?.bad, ['HTTP']);
  t.strictSame(told.group()?.counts, { '0': 1 });
  told.again({}, 3 * minute);
  t.strictSame(told.host()?.bad, ['HTTP']);
  t.equal(told.host()?.heardMs, 0, 'it is no news of the host');
  told.again({ inDowntime: true }, 4 * minute);
  t.strictSame(
    told.host()?.bad,
    ['HTTP'],
    'that it is taken on is left to an event',
  );
});

void t.test(
  'looked at again after it is over, or of whom nothing is known',
  async (t) => {
    const over = createTold();
    over.event({ inDowntime: true }, 0);
    over.event({ state: 'OK' }, 1);
    over.again({}, 2);
    t.strictSame(over.host()?.bad, []);
    const stranger = createTold();
    stranger.again({}, 5);
    t.equal(stranger.host(), undefined);
    t.strictSame(
      stranger.group(),
      { counts: {}, members: 10 },
      'its groups are taken in',
    );
  },
);

void t.test('most events change nothing of the host', async (t) => {
  const told = createTold();
  told.hostEvent({ state: 'UP' }, 1);
  told.event({}, 2);
  const before = told.host();
  t.match(before, { heardMs: 2, state: 'UP' });
  told.event({}, 3);
  t.equal(told.host(), before);
  told.event({ hostState: 'UP' }, 4);
  t.equal(told.host(), before);
});

void t.test('nobody knows its groups', async (t) => {
  const of = (pattern: string) => {
    const rule = { ...defaultRule, match: { hostGroup: [pattern] } };
    const told = createTold({ ...defaultRuleSet, rules: [rule] });
    told.event({}, 0, []);
    return told.host();
  };
  t.strictSame(of('web'), { bad: [], heardMs: 0 });
  t.strictSame(
    of('*'),
    { bad: ['HTTP'], heardMs: 0, counted: { groups: [''], quarter: '0' } },
    'any group fits',
  );
});

void t.test('the rule of its groups tells what is trouble', async (t) => {
  const rule = { ...defaultRule, match: { hostGroup: ['web'] } };
  const told = createTold({ ...defaultRuleSet, rules: [rule] });
  told.event({ inDowntime: true }, 0);
  told.event({}, 1, []);
  t.strictSame(told.host()?.bad, ['HTTP'], 'as last told');
  told.event({ state: 'OK' }, 2);
  told.event({ inDowntime: true }, 3);
  told.again({}, 4);
  t.strictSame(told.host()?.bad, ['HTTP'], 'looked at again');
});

void t.test('another number of the same groups is news', async (t) => {
  const told = createTold();
  const named = (...names: string[]) =>
    names.map((name) => ({ name, members: 10 }));
  told.event({}, 1, named('web', 'all'));
  told.event({}, 2, named('web', 'db'));
  t.strictSame(told.host()?.groups, ['web', 'db']);
});

void t.test('only trouble that is heard of counts anew', async (t) => {
  const counted = (told: ReturnType<typeof createTold>) =>
    told.host()?.counted?.quarter;
  const told = createTold();
  told.event({ service: 'SSH' }, 0);
  told.event({ state: 'OK' }, 8 * hour);
  t.equal(counted(told), '0', 'another service is green');

  const again = createTold();
  again.event({}, 0);
  again.again({}, 8 * hour);
  t.equal(counted(again), '0', 'known already');

  const given = createTold();
  given.event({ service: 'SSH' }, 0);
  given.event({ inDowntime: true }, 1);
  given.again({}, 8 * hour);
  t.equal(counted(given), '1', 'given back');
});

void t.test('a host’s own event is about none of its services', async (t) => {
  const { read, tell } = createLearner();
  const facts = { certname: 'web1.example.com', groups: [] };
  tell(
    { kind: 'event', event: { ...hostEvent, state: 'DOWN' }, facts },
    minute,
  );
  for (const service of ['', 'undefined']) {
    t.equal(read('service', `web1.example.com\t${service}`), undefined);
  }
});

void t.test('without an id of its monitor, and green of nothing', async (t) => {
  const told = createTold();
  told.event({}, 0);
  t.strictSame(told.service()?.problem, problem(0));
  told.event({ state: 'OK' }, minute);
  t.equal(told.service()?.healedMs, undefined, 'no run was judged');
});

void t.test('looked at again: the storm that it makes is seen', async (t) => {
  const share = { percent: 1, hosts: 1, hostsOfUnknown: 1 };
  const guards = { ...defaultRuleSet.guards, share };
  const told = createTold({ ...defaultRuleSet, guards });
  told.event({ inDowntime: true }, 0);
  t.equal(told.group()?.storm, undefined);
  told.again({}, minute);
  t.match(told.group()?.storm, { sinceMs: minute });
});

void t.test(
  'looked at again, and the host or its groups forgotten',
  async (t) => {
    const lone = createTold();
    lone.set('service', key, { ...emptyService(0), problem: problem(0) });
    lone.again({}, 1);
    t.equal(lone.host(), undefined);
    lone.set('host', 'web1.example.com', { bad: [] });
    lone.again({}, 2);
    t.match(lone.host(), { bad: ['HTTP'], counted: { groups: [''] } });
    const rule = { ...defaultRule, match: { hostGroup: ['*'] } };
    const any = createTold({ ...defaultRuleSet, rules: [rule] });
    any.set('service', key, { ...emptyService(0), problem: problem(0) });
    any.set('host', 'web1.example.com', { bad: [] });
    any.again({}, 3);
    t.strictSame(any.host()?.bad, ['HTTP']);
  },
);
