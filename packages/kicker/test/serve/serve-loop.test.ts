import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { learn } from '../../src/decide/learn.ts';
import type { News } from '../../src/decide/news.ts';
import {
  openWorld,
  problemOf,
  quickRules,
  until,
  type World,
} from './world.ts';

const kindsOf = (world: World, host: string) =>
  world.ledger
    .entriesOf({ problem: problemOf(host) })
    .map(({ entry }) => entry.kind);
const decisionsOf = (world: World, host: string) =>
  world.ledger
    .entriesOf({ problem: problemOf(host) })
    .flatMap(({ entry }) => (entry.kind === 'decision' ? [entry.body] : []));
const isQuiet = (world: World) => () =>
  world.spooled().length === 0 &&
  world.ledger.listOpen(1).length === 0 &&
  world.ledger.countActions() === 0;
function tell(world: World, news: News): void {
  world.ledger.transact((transaction) => {
    const wallMs = world.nowMs();
    const now = { wallMs, boot: 'boot', monotonicMs: wallMs };
    transaction.remember(
      learn(news, { rules: quickRules, memory: transaction, now }),
    );
  });
}

void t.test(
  '2,000 events in a burst: each recorded, one decision each',
  async (t) => {
    const world = openWorld(t);
    // Many wait at once, and each of them makes time pass.
    world.stepMs = 0.01;
    const hosts = Array.from({ length: 500 }, (_, index) => `web${index}`);
    const kicked = new Set(hosts.slice(0, 40));
    for (const host of hosts) {
      for (const attempt of [1, 2]) world.put({ host, attempt });
      const [attempt, last] = kicked.has(host) ? [3, 4] : [1, 2];
      world.put({ host, attempt });
      world.put({
        host,
        attempt: last,
        stateType: kicked.has(host) ? 'HARD' : 'SOFT',
      });
    }
    const seen = new Set<string>();
    world.onRecheck = ({ host }) => {
      if (seen.has(host)) return;
      seen.add(host);
      world.put({ host, state: 'OK', stateType: 'HARD', attempt: 4 });
    };
    const kicker = world.start('first');
    await until('those are green', world, () => seen.size === kicked.size);
    await until('quiet', world, isQuiet(world));
    await kicker.stop();
    t.equal(world.runs.size, kicked.size);
    for (const host of hosts) {
      const kinds = kindsOf(world, host);
      const wanted = kicked.has(host) ? 5 : 4;
      const events = kinds.filter((kind) => kind === 'event').length;
      const decisions = kinds.filter((kind) => kind === 'decision').length;
      if (events !== wanted || decisions !== wanted) {
        t.fail(`${host}: ${kinds.join()}`);
      }
    }
  },
);

void t.test(
  'an agent that is away: delivered once when it is back',
  async (t) => {
    const world = openWorld(t);
    world.down.add('web1');
    world.put({});
    const kicker = world.start('first');
    await until(
      'some tries',
      world,
      () =>
        kindsOf(world, 'web1').filter((kind) => kind === 'reply').length > 3,
    );
    t.equal(world.runs.size, 0);
    world.down.clear();
    await until('the run', world, () => world.runs.size === 1);
    world.put({ state: 'OK', attempt: 4 });
    await until('quiet', world, isQuiet(world));
    await kicker.stop();
    t.equal(world.posts.length, 1);
  },
);

void t.test(
  'an agent that is away, and a problem that ends: not at all',
  async (t) => {
    const world = openWorld(t);
    world.down.add('web1');
    world.put({});
    const kicker = world.start('first');
    await until('a try', world, () => kindsOf(world, 'web1').includes('reply'));
    world.put({ state: 'OK', attempt: 4 });
    await until('quiet', world, isQuiet(world));
    world.down.clear();
    world.pass(60_000);
    await kicker.stop();
    t.equal(world.runs.size, 0);
    const outcome = world.ledger
      .entriesOf({ problem: problemOf('web1') })
      .find(({ entry }) => entry.kind === 'outcome');
    t.match(outcome?.entry, {
      body: { kind: 'gave-up', code: 'PROBLEM_ENDED' },
    });
    t.equal(world.ledger.read('fleet', '')?.open, 0);
  },
);

void t.test(
  'it never comes back: given up when the kick expires',
  async (t) => {
    const world = openWorld(t);
    world.down.add('web1');
    world.put({});
    const kicker = world.start('first');
    await until('an end', world, () =>
      kindsOf(world, 'web1').includes('outcome'),
    );
    t.equal(world.runs.size, 0);
    await until(
      'decided again',
      world,
      () => decisionsOf(world, 'web1').length > 1,
    );
    await until('a person', world, () =>
      world.told.some(({ kind }) => kind === 'command'),
    );
    await kicker.stop();
    t.ok(world.ledger.countWaiting() <= 1);
  },
);

void t.test(
  'down while nobody served: the backlog ends in OK, so nothing is kicked',
  async (t) => {
    const world = openWorld(t);
    world.put({});
    world.put({ stateType: 'HARD', attempt: 4 });
    world.put({ state: 'OK', stateType: 'HARD', attempt: 4 });
    world.pass(60_000);
    const kicker = world.start('first');
    await until('all taken', world, () =>
      kindsOf(world, 'web1').includes('outcome'),
    );
    await until('quiet', world, isQuiet(world));
    await kicker.stop();
    t.equal(world.runs.size, 0);
  },
);

void t.test(
  'a run that does not help: kicked twice, then a person is told, once',
  async (t) => {
    const world = openWorld(t);
    world.outcome = {
      kind: 'unchanged',
      corrected: [],
      failed: [],
      configVersion: 'v1',
    };
    world.put({});
    const kicker = world.start('first');
    await until('a person is called', world, () =>
      world.told.some(({ kind }) => kind === 'command'),
    );
    t.equal(world.runs.size, 2);
    world.pass(3_600_000);
    await until(
      'looked at again',
      world,
      () => world.ledger.countActions() === 0,
    );
    const told = world.told.map(({ kind }) => kind);
    t.equal(told.filter((kind) => kind === 'command').length, 1);
    t.equal(told.filter((kind) => kind === 'acknowledge').length, 2);
    t.equal(told.filter((kind) => kind === 'unacknowledge').length, 2);
    t.match(decisionsOf(world, 'web1').at(-1), {
      kind: 'skip',
      code: 'futile',
      escalate: { about: 'problem' },
    });
    t.equal(world.runs.size, 2);

    tell(world, {
      kind: 'policy',
      certname: 'web1',
      configVersion: 'v2',
      runEndedMs: world.nowMs(),
    });
    await until('one more try', world, () => world.runs.size === 3);
    world.put({ state: 'OK', attempt: 4 });
    await until('quiet', world, isQuiet(world));
    await kicker.stop();
  },
);

void t.test('two kickers on one ledger and one spool: one run', async (t) => {
  const world = openWorld(t);
  world.stepMs = 0.1;
  for (let index = 0; index < 20; index += 1) {
    world.put({ host: `web${index}` });
    world.put({ host: `web${index}`, stateType: 'HARD', attempt: 4 });
  }
  const seen = new Set<string>();
  world.onRecheck = ({ host }) => {
    if (!seen.has(host)) world.put({ host, state: 'OK', attempt: 4 });
    seen.add(host);
  };
  const both = [world.start('one'), world.start('two')];
  await until('green', world, () => seen.size === 20);
  await until('quiet', world, isQuiet(world));
  await Promise.all(both.map((kicker) => kicker.stop()));
  t.equal(world.runs.size, 20);
  t.equal(world.posts.length, 20);
  for (let index = 0; index < 20; index += 1) {
    const events = kindsOf(world, `web${index}`).filter(
      (kind) => kind === 'event',
    );
    t.equal(events.length, 3);
  }
});

void t.test(
  'stopped: nothing is sent, not even again; resumed: it is',
  async (t) => {
    const world = openWorld(t);
    world.down.add('web1');
    world.put({});
    const kicker = world.start('first');
    await until('a try', world, () => kindsOf(world, 'web1').includes('reply'));
    tell(world, { kind: 'stopped', by: 'ada', reason: 'move' });
    world.down.clear();
    world.put({ host: 'web2' });
    const untilMs = world.nowMs() + 120_000;
    await until('two minutes', world, () => world.nowMs() > untilMs);
    t.equal(world.posts.length, 0);
    t.match(decisionsOf(world, 'web2'), [{ kind: 'wait', code: 'stopped' }]);
    tell(world, { kind: 'resumed' });
    await until('both', world, () => world.runs.size === 2);
    await kicker.stop();
  },
);

void t.test(
  'a thousand problems that wait: each is decided again',
  async (t) => {
    // observed, so that no more than deciding is done
    const rules = quickRules.rules.map((rule) => ({
      ...rule,
      mode: 'observe' as const,
    }));
    const world = openWorld(t, { ...quickRules, rules });
    tell(world, { kind: 'stopped', by: 'ada', reason: 'move' });
    const hosts = Array.from({ length: 1000 }, (_, index) => `web${index}`);
    for (const host of hosts) world.put({ host });
    const kicker = world.start('first');
    await until('all wait', world, () => world.ledger.countWaiting() === 1000);
    tell(world, { kind: 'resumed' });
    await until('none waits', world, () => world.ledger.countWaiting() === 0);
    await kicker.stop();
    const wrong = hosts.filter((host) => {
      const codes = decisionsOf(world, host).map((decision) =>
        decision.kind === 'kick' ? 'kick' : decision.code,
      );
      return codes.join() !== 'stopped,observed';
    });
    t.strictSame(wrong, []);
  },
);

void t.test(
  'a kicker is killed and nobody comes for an hour: it is as it was',
  async (t) => {
    const world = openWorld(t, quickRules, join(t.testdir(), 'x'));
    world.outcome = { kind: 'unchanged', corrected: [], failed: [] };
    world.put({});
    const first = world.start('first');
    await until(
      'waits for a verdict',
      world,
      () => world.ledger.listOpen(1)[0]?.progress.stage === 'verifying',
    );
    await first.stop();
    world.pass(3_600_000);
    const second = world.start('second');
    await until('a verdict', world, () =>
      kindsOf(world, 'web1').includes('verdict'),
    );
    await second.stop();
    t.match(
      world.ledger
        .entriesOf({ problem: problemOf('web1') })
        .find(({ entry }) => entry.kind === 'verdict')?.entry,
      { body: { verdict: 'still-broken' } },
    );
  },
);

void t.test(
  'the monitor is down: what it is to be told waits for it',
  async (t) => {
    const world = openWorld(t);
    world.isMonitorUp = false;
    world.put({});
    const kicker = world.start('first');
    await until('an outcome', world, () =>
      kindsOf(world, 'web1').includes('outcome'),
    );
    t.ok(world.ledger.countActions() > 0);
    world.isMonitorUp = true;
    await until('told', world, () =>
      world.told.some(({ kind }) => kind === 'recheck'),
    );
    await kicker.stop();
  },
);

void t.test(
  'the kick of an earlier problem ends: the new one is decided about, and the old one is not',
  async (t) => {
    const world = openWorld(t);
    world.down.add('web1');
    world.put({ stateType: 'HARD', attempt: 4 });
    const first = world.start('first');
    await until('a try', world, () => kindsOf(world, 'web1').includes('reply'));
    await first.stop();
    world.put({ state: 'OK', stateType: 'HARD', attempt: 4 });
    world.put({ problem: '2', stateType: 'HARD', attempt: 4 });
    const second = world.start('second');
    await until('all taken', world, () => world.spooled().length === 0);
    world.down.clear();
    await until('the run', world, () => world.runs.size > 0);
    await until('its end', world, () =>
      world.ledger
        .entriesOf({ problem: problemOf('web1', '2') })
        .some(({ entry }) => entry.kind === 'verdict'),
    );
    await second.stop();
    const kicked = [...world.runs.values()].map(
      ({ because }) => because?.problem,
    );
    t.equal(new Set(kicked).size, kicked.length, 'each problem once');
    t.strictSame(
      decisionsOf(world, 'web1').map(({ kind }) => kind),
      ['kick', 'skip'],
      'of the old one: its kick, and its end',
    );
  },
);

void t.test(
  'a storm that is over turns the passive service green, with no event after its exit delay',
  async (t) => {
    const [rule] = quickRules.rules;
    if (rule === undefined) throw new Error('no rule');
    const world = openWorld(t, {
      ...quickRules,
      rules: [{ ...rule, tell: { ...rule.tell, escalate: ['passive'] } }],
      guards: {
        ...quickRules.guards,
        share: { percent: 30, hosts: 2, hostsOfUnknown: 1 },
      },
    });
    const results = () =>
      world.told.flatMap((told) => (told.kind === 'result' ? [told] : []));
    const both = ['web1', 'web2'];
    for (const host of both) world.put({ host, stateType: 'HARD', attempt: 4 });
    const kicker = world.start('first');
    await until('the page', world, () => results().length > 0);
    t.match(results(), [
      { host: 'web2', service: 'kicker', state: 'CRITICAL', text: /storm/ },
    ]);
    const startMs = world.nowMs();
    for (const host of both) {
      world.put({ host, state: 'OK', stateType: 'HARD', attempt: 4 });
    }
    await until('its end', world, () => results().length > 1);
    t.match(results().slice(1), [
      {
        host: 'web2',
        service: 'kicker',
        state: 'OK',
        text: /storm of .* is over/,
      },
    ]);
    const { exitDelaySeconds } = quickRules.guards.storm;
    t.ok(
      world.nowMs() - startMs >= exitDelaySeconds * 1000,
      'not before the exit delay is over',
    );
    await until('a while', world, () => world.nowMs() - startMs > 3_600_000);
    t.equal(results().length, 2, 'told once');
    await kicker.stop();
  },
);

void t.test(
  'hosts that accept and never end a run keep nobody else from being healed',
  async (t) => {
    const world = openWorld(t, {
      ...quickRules,
      guards: { ...quickRules.guards, concurrency: 4 },
    });
    world.stepMs = 50;
    const liars = Array.from({ length: 10 }, (_, index) => `liar${index}`);
    const honest = Array.from({ length: 30 }, (_, index) => `web${index}`);
    for (const host of liars) world.endless.add(host);
    for (const host of [...liars, ...honest]) world.put({ host });
    world.onRecheck = ({ host }) => {
      world.put({ host, state: 'OK', stateType: 'HARD', attempt: 4 });
    };
    const kicker = world.start('first');
    const startMs = world.nowMs();
    const healed = () =>
      honest.filter((host) => kindsOf(world, host).includes('verdict')).length;
    await until(
      'each honest host is healed',
      world,
      () => healed() === honest.length,
    );
    // Followed for an hour each, four at a time, the ten would have kept the others away for two hours and a half.
    t.ok(
      world.nowMs() - startMs < 15 * 60 * 1000,
      `${world.nowMs() - startMs} ms`,
    );
    for (const host of honest) {
      t.equal(kindsOf(world, host).filter((kind) => kind === 'kick').length, 1);
    }
    await kicker.stop();
  },
);

void t.test(
  'a passive service of several problems is green with the last of them',
  async (t) => {
    const [rule] = quickRules.rules;
    if (rule === undefined) throw new Error('no rule');
    const world = openWorld(t, {
      ...quickRules,
      rules: [
        {
          ...rule,
          attempts: { ...rule.attempts, perProblem: 1 },
          tell: { ...rule.tell, escalate: ['passive'] },
        },
      ],
    });
    world.passive = { host: 'monitor', service: 'kicker' };
    const kicker = world.start('first');
    const hosts = ['web1', 'web2'];
    for (const host of hosts) world.put({ host });
    const results = () =>
      world.told.flatMap((one) =>
        one.kind === 'result' ? [{ state: one.state, text: one.text }] : [],
      );
    await until('both are shown', world, () => results().length === 2);
    t.strictSame(
      results().map(({ state }) => state),
      ['CRITICAL', 'CRITICAL'],
    );
    world.put({ host: 'web1', state: 'OK', attempt: 4 });
    await until('one is over', world, () => results().length === 3);
    t.strictSame(results()[2], {
      state: 'CRITICAL',
      text: 'kicker: a person is needed: problem web2 / HTTP',
    });
    world.put({ host: 'web2', state: 'OK', attempt: 4 });
    await until('both are over', world, () => results().length === 4);
    t.strictSame(results()[3], {
      state: 'OK',
      text: 'kicker: problem web2 / HTTP is over',
    });
    await kicker.stop();
  },
);

void t.test(
  'events that cannot be used: told once, with the newest',
  async (t) => {
    const dir = t.testdir();
    const world = openWorld(t, quickRules, dir);
    world.stepMs = 1000;
    writeFileSync(join(dir, 'spool', 'new', 'odd'), 'x');
    const kicker = world.start('first');
    const told = () =>
      kicker.log.filter(({ event }) => event === 'events-set-aside');
    await until('it is told', world, () => told().length > 0);
    world.pass(600_000);
    world.put({ state: 'OK' });
    await until('another is handled', world, isQuiet(world));
    await kicker.stop();
    t.match(told(), [
      {
        facts: {
          count: 1,
          dropped: 0,
          newest: /\.bad-name$/,
          reason: 'bad-name',
          remedy: 'kicker check',
        },
      },
    ]);
    t.equal(told().length, 1);
    t.match(world.ledger.read('page', 'events'), { about: { kind: 'events' } });
    t.equal(
      world.ledger.history({ kinds: ['escalation'] }, 1e9, 9).length,
      1,
      'a person is called, once',
    );
  },
);
