import t from 'tap';
import type { Outcome } from '@kickd/protocol';
import {
  judgeServer,
  serverSign,
  withProbe,
  withSign,
} from '../../src/decide/breaker.ts';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import { judge } from '../../src/decide/judge.ts';
import { learn } from '../../src/decide/learn.ts';
import type { ServerMemory } from '../../src/decide/memory.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import { createMapMemory } from '../../src/rehearse/map-memory.ts';
import { memoryOf, situationOf } from './situation-of.ts';

const outcome = (part: Partial<Outcome>): Outcome => ({
  kind: 'unchanged',
  corrected: [],
  failed: [],
  ...part,
});

t.test('what each outcome says of the CM server', (t) => {
  const rows: [Partial<Outcome>, ReturnType<typeof serverSign>][] = [
    [{ kind: 'unchanged' }, 'good'],
    [{ kind: 'corrected' }, 'good'],
    [{ kind: 'partly' }, 'good'],
    [{ kind: 'failed', code: 'resources' }, 'good'],
    [{ kind: 'failed', code: 'catalog' }, 'bad'],
    [{ kind: 'failed', code: 'no-report' }, 'bad'],
    [{ kind: 'failed', code: 'other' }, undefined],
    [{ kind: 'failed' }, undefined],
    [{ kind: 'corrected', cachedCatalog: true }, 'bad'],
    [{ kind: 'timed-out' }, undefined],
    [{ kind: 'cancelled' }, undefined],
    [{ kind: 'refused' }, undefined],
    [{ kind: 'lost' }, undefined],
    [{ kind: 'not-started' }, undefined],
    [{ kind: 'not-needed' }, undefined],
  ];
  for (const [part, sign] of rows) {
    t.equal(serverSign(outcome(part)), sign, JSON.stringify(part));
  }
  t.end();
});

const { guards } = defaultRuleSet;
const minuteMs = 60_000;
const empty: ServerMemory = { failed: [], isTold: false };
const after = (
  signs: readonly (readonly [string, 'good' | 'bad' | undefined, number?])[],
  start = empty,
): ServerMemory =>
  signs.reduce(
    (server, [host, sign, atMs = 0]) =>
      withSign(server, sign, `kick of ${host}`, host, guards, atMs),
    start,
  );

t.test('three distinct hosts without a catalog open it', (t) => {
  t.equal(
    after([
      ['a', 'bad'],
      ['b', 'bad'],
    ]).openSinceMs,
    undefined,
  );
  const open = after([
    ['a', 'bad'],
    ['b', 'bad'],
    ['c', 'bad', 7],
  ]);
  t.match(open, { failed: ['a', 'b', 'c'], openSinceMs: 7 });
  t.equal(
    after([
      ['a', 'bad'],
      ['a', 'bad'],
      ['a', 'bad'],
      ['b', 'bad'],
    ]).openSinceMs,
    undefined,
    'the same host again is no other one',
  );
  t.equal(
    after([
      ['a', 'bad'],
      ['b', 'bad'],
      ['x', undefined],
      ['c', 'bad'],
    ]).openSinceMs,
    0,
    'what says nothing changes nothing',
  );
  t.end();
});

t.test('a host that got a catalog outweighs all that got none', (t) => {
  const closed = after([
    ['a', 'bad'],
    ['b', 'bad'],
    ['d', 'good'],
    ['c', 'bad'],
  ]);
  t.strictSame(closed.failed, ['c']);
  t.equal(closed.openSinceMs, undefined);
  const open = after([
    ['a', 'bad'],
    ['b', 'bad'],
    ['c', 'bad'],
  ]);
  t.strictSame(after([['d', 'good', 9]], open), {
    failed: [],
    isTold: false,
    servedMs: { d: 9 },
  });
  t.end();
});

t.test('more must get none than got one, within an hour', (t) => {
  const well = after([
    ['a', 'good'],
    ['b', 'good'],
    ['c', 'good'],
  ]);
  const three = [
    ['x', 'bad', 1],
    ['y', 'bad', 1],
    ['z', 'bad', 1],
  ] as const;
  t.equal(after(three, well).openSinceMs, undefined);
  t.equal(after([...three, ['w', 'bad', 2]], well).openSinceMs, 2);
  t.equal(
    after([...three, ['a', 'bad', 2]], well).openSinceMs,
    2,
    'one that got a catalog before counts for what it says now',
  );
  const lateMs = 60 * minuteMs + 1;
  const late = [
    ['x', 'bad', lateMs],
    ['y', 'bad', lateMs],
    ['z', 'bad', lateMs],
  ] as const;
  t.equal(after(late, well).openSinceMs, lateMs, 'what was long ago');
  t.equal(
    after([
      ['x', 'bad', 0],
      ['y', 'bad', 0],
      ['z', 'bad', lateMs],
    ]).openSinceMs,
    undefined,
  );
  t.end();
});

t.test(
  'a probe that fails begins the time anew; another kick does not',
  (t) => {
    const open = after([
      ['a', 'bad'],
      ['b', 'bad'],
      ['c', 'bad'],
    ]);
    const tried = withProbe(open, 'kick of d', guards, 1000);
    t.match(tried, { probe: 'kick of d', probeUntilMs: 61_000 });
    t.match(after([['d', 'bad', 2000]], tried), { openSinceMs: 2000 });
    t.equal(after([['d', 'bad', 2000]], tried).probe, undefined);
    t.match(after([['e', 'bad', 2000]], tried), {
      openSinceMs: 0,
      probe: 'kick of d',
      probeUntilMs: 61_000,
    });
    const silent = after([['d', undefined, 2000]], tried);
    t.equal(silent.probe, undefined, 'it said nothing: another may try');
    t.equal(silent.openSinceMs, 0);
    t.equal(
      withProbe(
        open,
        'k',
        { ...guards, breaker: { hosts: 3, retryAfterSeconds: 10 } },
        0,
      ).probeUntilMs,
      10_000,
    );
    t.end();
  },
);

t.test('how long a kick waits for the CM server', (t) => {
  const open = { failed: ['a', 'b', 'c'], openSinceMs: 0, isTold: true };
  const tried = { ...open, probe: 'k', probeUntilMs: 360_000 };
  // Each row: what is known, the time since it is open, and the wait; undefined: it may try.
  const rows: [ServerMemory, atMs: number, againAfterMs: number | undefined][] =
    [
      [open, 0, 300_000],
      [open, 100_000, 200_000],
      [open, 299_999, 1],
      [open, 300_000, undefined],
      [tried, 300_000, 15_000],
      [tried, 359_999, 15_000],
      [tried, 360_000, undefined],
    ];
  for (const [server, atMs, againAfterMs] of rows) {
    t.match(
      judgeServer(
        situationOf({ atMs, memory: memoryOf({ 'server ': server }) }),
        defaultRule,
      ),
      againAfterMs === undefined
        ? { kind: 'note' }
        : { kind: 'wait', code: 'server-trouble', againAfterMs },
      `${atMs} ms, ${server.probe ?? 'no probe'}`,
    );
  }
  t.end();
});

t.test('a record from before the times were kept', (t) => {
  const old: ServerMemory = { failed: ['a', 'b'], isTold: false };
  t.match(after([['c', 'bad', 5]], old), {
    failed: ['a', 'b', 'c'],
    openSinceMs: 5,
  });
  t.end();
});

t.test('fifty hosts are remembered, the last ones', (t) => {
  const minute = 60 * 1000;
  const hostsAfter = (count: number, apartMs: number) =>
    Object.keys(
      after(
        Array.from({ length: count }, (_, index) => [
          `h${String(index)}`,
          'good' as const,
          index * apartMs,
        ]),
      ).servedMs ?? {},
    );
  const slow = hostsAfter(60, minute / 2);
  t.ok(slow.length <= 51);
  t.ok(slow.includes('h59'));
  t.notOk(slow.includes('h0'));
  // Where so many got a catalog within minutes, one more says nothing new.
  const quick = hostsAfter(60, 1);
  t.equal(quick.length, 51);
  t.ok(quick.includes('h50'));
  t.notOk(quick.includes('h51'));
  // They make room for others before they are too old to count.
  const steady = hostsAfter(2000, 1000);
  t.equal(steady.length, 51);
  t.equal(steady[0], 'h1800', 'anew each quarter of an hour');
  t.end();
});

const rules: RuleSet = {
  ...defaultRuleSet,
  rules: [
    {
      ...defaultRule,
      coolDownSeconds: 0,
      attempts: { perProblem: 100, perPeriod: 100, periodSeconds: 60 },
    },
  ],
  guards: {
    ...guards,
    hostIntervalSeconds: 0,
    breaker: { hosts: 3, retryAfterSeconds: 300 },
    rate: { kicks: 1000, perSeconds: 1 },
    share: { percent: 99, hosts: 1000, hostsOfUnknown: 1000 },
  },
};

t.test(
  'decided: shut, a probe of a host that reported nothing, then others',
  (t) => {
    const memory = createMapMemory();
    let nowMs = 0;
    let count = 0;
    const now = () => ({ boot: 'b', monotonicMs: nowMs, wallMs: nowMs });
    const decide = (host: string) => {
      count += 1;
      const { decision, kick, changes } = judge(
        {
          monitor: 'nagios',
          host,
          service: `s${String(count)}`,
          state: 'CRITICAL',
          stateType: 'HARD',
          attempt: 4,
          problem: String(count),
          inDowntime: false,
        },
        { rules, memory, facts: { certname: host, groups: [] }, now: now() },
        () => `k${String(count)}`,
      );
      memory.write(changes);
      return { kick, decision };
    };
    const end = (kick: string | undefined, part: Partial<Outcome>) =>
      memory.write(
        learn(
          {
            kind: 'outcome',
            kick: kick ?? '',
            outcome: { kind: 'ended', run: 'r', outcome: outcome(part) },
          },
          { rules, memory, now: now() },
        ),
      );
    for (const host of ['a', 'b', 'c']) {
      end(decide(host).kick, { kind: 'failed', code: 'catalog' });
    }
    t.match(decide('d').decision, {
      kind: 'wait',
      code: 'server-trouble',
      reasons: [/^3 hosts got no catalog/],
      escalate: { about: 'server' },
    });
    t.equal(
      decide('d').decision.escalate,
      undefined,
      'a person is called once',
    );
    nowMs = 300_000;
    t.match(decide('a').decision, { kind: 'wait', code: 'server-trouble' });
    const probe = decide('d');
    t.match(probe.decision, {
      kind: 'kick',
      reasons: [/./, /./, /this kick tries whether it is over/],
    });
    t.match(decide('e').decision, { code: 'server-trouble' }, 'one at a time');
    nowMs += 59_999;
    t.match(decide('f').decision, { code: 'server-trouble' });
    nowMs += 1;
    t.equal(decide('g').decision.kind, 'kick', 'a probe has a time of its own');
    nowMs += 300_000;
    t.equal(decide('b').decision.kind, 'kick', 'in the end any host may try');
    end(probe.kick, { kind: 'corrected' });
    t.equal(decide('c').decision.kind, 'kick', 'it is over');
    t.end();
  },
);

t.test('since when, and which hosts may try at last', (t) => {
  const server = {
    failed: ['web1.example.com', 'b', 'c'],
    openSinceMs: minuteMs,
    isTold: true,
  };
  const at = (atMs: number) =>
    judgeServer(
      situationOf({ atMs, memory: memoryOf({ 'server ': server }) }),
      defaultRule,
    );
  t.match(at(3 * minuteMs), {
    kind: 'wait',
    reason: /in trouble since 2 min \(/,
  });
  t.match(at(11 * minuteMs - 1), { kind: 'wait' }, 'it reported the trouble');
  t.match(at(11 * minuteMs), { kind: 'note' });
  t.end();
});

t.test('a record holds what is known and no more', (t) => {
  const open = after([
    ['a', 'bad'],
    ['b', 'bad'],
    ['c', 'bad'],
  ]);
  const tried = withProbe(open, 'kick of d', guards, 1000);
  t.strictSame(after([['d', undefined, 2000]], tried), open);
  t.strictSame(after([['x', undefined]]), { ...empty, servedMs: {} });
  t.end();
});

t.test('an hour to the millisecond, and names that are numbers', (t) => {
  const well = after([
    ['a', 'good'],
    ['b', 'good'],
    ['c', 'good'],
  ]);
  const hourMs = 60 * minuteMs;
  const three = ['x', 'y', 'z'].map((host) => [host, 'bad', hourMs] as const);
  t.equal(after(three, well).openSinceMs, undefined, 'they count to the end');
  // An object lists such names first, whenever they came.
  const names = Array.from({ length: 88 }, (_, index) =>
    index === 55 ? '1' : `h${index}`,
  );
  const served = after(
    names.map((name, index) => [name, 'good', (index * minuteMs) / 2] as const),
  ).servedMs;
  t.ok(Object.hasOwn(served ?? {}, '1'));
  t.notOk(Object.hasOwn(served ?? {}, 'h0'));
  t.end();
});
