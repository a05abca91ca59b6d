import type { Kick, Run } from '@kickd/protocol';
import t from 'tap';
import { admit, isUnwanted } from '../../src/run/admit.ts';
import { queuedRun, startedRun } from '../../src/run/run.ts';
import { scopeOf } from '../../src/run/scope.ts';

const now = new Date('2026-11-22T10:00:00.000Z');
const at = (seconds: number): string =>
  new Date(now.getTime() + seconds * 1000).toISOString();
const id = (n: number): string =>
  `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const certname = 'web1.example.com';

const kick = (more: Partial<Kick> = {}): Kick => ({
  kick: id(1),
  certname,
  ...more,
});
const running = (startedSeconds: number, more: Partial<Kick> = {}): Run =>
  startedRun(
    queuedRun(id(2), certname, scopeOf(kick(more), 'puppet-agent'), now),
    new Date(at(startedSeconds)),
  );
const queued = (n: number, more: Partial<Kick> = {}): Run =>
  queuedRun(id(n), certname, scopeOf(kick(more), 'puppet-agent'), now);

/** the run serves as many kicks as a run may */
const full = (run: Run): Run => ({
  ...run,
  kicks: Array.from({ length: 1000 }, (_, n) => ({
    kick: id(100 + n),
    by: 'monitor.example.com',
    joined: 'joined-queued' as const,
    acceptedAt: at(0),
  })),
});

const since = (seconds: number): Partial<Kick> => ({
  because: { since: at(seconds) },
});

const cases: [string, Partial<Kick>, Run | undefined, Run[], string][] = [
  ['an idle host', {}, undefined, [], 'start'],
  [
    'the run began after the problem',
    since(-60),
    running(-30),
    [],
    'join-running',
  ],
  [
    'the run began with the problem',
    since(-30),
    running(-30),
    [],
    'join-running',
  ],
  ['the run began before the problem', since(-10), running(-30), [], 'queue'],
  ['no word of when the problem began', {}, running(-30), [], 'queue'],
  ['the run begins at this moment', {}, running(0), [], 'join-running'],
  [
    'a follow-up waits already',
    since(-10),
    running(-30),
    [queued(3)],
    'join-queued',
  ],
  [
    'the running one serves a thousand',
    since(-60),
    full(running(-30)),
    [],
    'queue',
  ],
  [
    'the waiting one serves a thousand',
    {},
    undefined,
    [full(queued(3))],
    'queue',
  ],
  [
    'another waits behind it',
    {},
    undefined,
    [full(queued(3)), queued(4)],
    'join-queued',
  ],
  [
    'the run is noop, the kick is not',
    since(-60),
    running(-30, { noop: true }),
    [],
    'queue',
  ],
  [
    'the kick is noop, the run is not',
    { ...since(-60), noop: true },
    running(-30),
    [],
    'queue',
  ],
  [
    'noop never joins a real follow-up',
    { noop: true },
    running(-30),
    [queued(3)],
    'queue',
  ],
  [
    'the run covers more tags',
    { ...since(-60), tags: ['a'] },
    running(-30, { tags: ['a', 'b'] }),
    [],
    'join-running',
  ],
  [
    'the run covers fewer tags',
    { ...since(-60), tags: ['a', 'c'] },
    running(-30, { tags: ['a', 'b'] }),
    [],
    'queue',
  ],
  [
    'the run covers the whole catalog',
    { ...since(-60), tags: ['a'] },
    running(-30),
    [],
    'join-running',
  ],
  [
    'the kick wants the whole catalog',
    since(-60),
    running(-30, { tags: ['a'] }),
    [],
    'queue',
  ],
  [
    'other tags share a follow-up',
    { tags: ['a'] },
    running(-30),
    [queued(3, { tags: ['b'] })],
    'join-queued',
  ],
  [
    'another environment',
    { ...since(-60), environment: 'test' },
    running(-30),
    [],
    'queue',
  ],
  [
    'another profile',
    { ...since(-60), cm: 'cfengine' },
    running(-30),
    [],
    'queue',
  ],
  ['expired', { expires: at(-1) }, undefined, [], 'expired'],
  ['expires at this moment', { expires: at(0) }, undefined, [], 'expired'],
  ['expires later', { expires: at(1) }, undefined, [], 'start'],
  [
    'expired comes before joining',
    { ...since(-60), expires: at(-1) },
    running(-30),
    [],
    'expired',
  ],
];
for (const [name, asked, run, waiting, kind] of cases) {
  t.test(name, (t) => {
    const whole = kick(asked);
    const scope = scopeOf(whole, 'puppet-agent');
    t.equal(
      admit(whole, scope, { now, running: run, queued: waiting, restMs: 0 })
        .kind,
      kind,
    );
    t.end();
  });
}

t.test('the queue is bounded', (t) => {
  const waiting = Array.from({ length: 8 }, (_, n) =>
    queued(10 + n, { environment: `e${String(n)}` }),
  );
  const whole = kick();
  const scope = scopeOf(whole, 'puppet-agent');
  const kindWith = (runs: Run[]): string =>
    admit(whole, scope, {
      now,
      running: running(-30),
      queued: runs,
      restMs: 0,
    }).kind;
  t.equal(kindWith(waiting.slice(0, 7)), 'queue', 'an eighth may wait');
  t.equal(kindWith(waiting), 'queue-full', 'a ninth may not');
  t.equal(
    kindWith([...waiting.slice(0, 7), queued(20)]),
    'join-queued',
    'and whoever has its run there joins it',
  );
  t.end();
});

t.test('an idle host that has run too lately takes no kick', (t) => {
  const whole = kick();
  const scope = scopeOf(whole, 'puppet-agent');
  const situation = { now, queued: [], restMs: 4000 };
  t.same(admit(whole, scope, { ...situation, running: undefined }), {
    kind: 'too-soon',
    retryAfterMs: 4000,
  });
  // what joins starts nothing, and what waits is held back by its start
  t.match(admit(whole, scope, { ...situation, running: running(-30) }), {
    kind: 'queue',
  });
  t.match(
    admit(whole, scope, {
      ...situation,
      running: undefined,
      queued: [queued(3)],
    }),
    { kind: 'join-queued' },
  );
  t.end();
});

t.test('a run is unwanted when every kick of it has expired', (t) => {
  const run = queued(3);
  const asked = (...expires: (number | undefined)[]): Run => ({
    ...run,
    kicks: expires.map((seconds) => ({
      kick: id(9),
      by: 'monitor.example.com',
      joined: 'started',
      acceptedAt: at(-60),
      ...(seconds === undefined ? {} : { expires: at(seconds) }),
    })),
  });
  t.equal(isUnwanted(asked(-1, 0), now), true);
  t.equal(isUnwanted(asked(-1, 1), now), false);
  t.equal(isUnwanted(asked(-1, undefined), now), false);
  t.end();
});
