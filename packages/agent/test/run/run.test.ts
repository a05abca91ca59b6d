import t from 'tap';
import { bareOutcome } from '../../src/run/outcome.ts';
import {
  endedRun,
  queuedRun,
  startedRun,
  withKick,
} from '../../src/run/run.ts';

const now = new Date('2026-11-22T10:00:00.000Z');
const id = '0193a000-0000-7000-8000-000000000001';
const scope = { cm: 'puppet-agent', noop: false, tags: ['a'] };
const queued = queuedRun(id, 'web1.example.com', scope, now);
const kick = { kick: id, certname: 'web1.example.com' };
const by = 'monitor.example.com';

t.test('a run goes forward only', (t) => {
  const running = startedRun(queued, now);
  const ended = endedRun(running, bareOutcome('unchanged'), now, 12.4);
  t.match(ended, { state: 'ended', durationMs: 12 });
  t.throws(() => startedRun(running, now), /cannot go from running to running/);
  t.throws(() => startedRun(ended, now), /cannot go from ended to running/);
  t.throws(() => endedRun(ended, bareOutcome('failed'), now), /from ended/);
  t.match(endedRun(queued, bareOutcome('refused'), now), { state: 'ended' });
  t.end();
});

t.test('a kick widens a run that waits, never one that runs', (t) => {
  const wide = { cm: 'puppet-agent', noop: false, tags: ['b'] };
  const joined = withKick(queued, kick, by, 'joined-queued', wide, now);
  t.same(joined.tags, ['a', 'b']);
  t.same(joined.kicks, [
    {
      kick: id,
      by,
      joined: 'joined-queued',
      acceptedAt: '2026-11-22T10:00:00.000Z',
    },
  ]);
  const whole = { cm: 'puppet-agent', noop: false };
  t.notHas(withKick(queued, kick, by, 'joined-queued', whole, now), 'tags');
  const running = startedRun(queued, now);
  t.same(withKick(running, kick, by, 'joined-running', wide, now).tags, ['a']);
  t.end();
});

t.test('a kick keeps when it expires and why it was sent', (t) => {
  const because = { service: 'HTTP' };
  const expires = '2026-11-22T11:00:00.000Z';
  const told = { ...kick, expires, because };
  const served = withKick(queued, told, by, 'started', scope, now);
  t.strictSame(served.kicks, [
    {
      kick: id,
      by,
      joined: 'started',
      acceptedAt: now.toISOString(),
      expires,
      because,
    },
  ]);
  t.strictSame(withKick(queued, kick, by, 'started', scope, now).kicks, [
    { kick: id, by, joined: 'started', acceptedAt: now.toISOString() },
  ]);
  t.end();
});

t.test('what took no time that is known has no length', (t) => {
  const ended = endedRun(startedRun(queued, now), bareOutcome('lost'), now);
  t.notHas(ended, 'durationMs');
  t.end();
});

/** a reason of so many bytes as JSON; two of them are in a letter of Greek */
const becauseOf = (bytes: number) => {
  const rest = bytes - '{"service":""}'.length;
  return { service: 'λ'.repeat(rest >> 1) + 'x'.repeat(rest % 2) };
};
const kept = (run: typeof queued): number =>
  run.kicks.filter(({ because }) => because !== undefined).length;
const add = (run: typeof queued, bytes: number, from: string) =>
  withKick(
    run,
    { ...kick, because: becauseOf(bytes) },
    from,
    'joined-queued',
    scope,
    now,
  );

t.test('the reasons of one caller have 16 KiB in a run', (t) => {
  t.equal(kept(add(queued, 16 * 1024, 'a')), 1);
  t.equal(kept(add(queued, 16 * 1024 + 1, 'a')), 0);
  const half = add(add(queued, 8 * 1024, 'a'), 1024, 'b');
  t.equal(kept(add(half, 8 * 1024, 'a')), 3, 'those of others do not count');
  t.equal(kept(add(half, 8 * 1024 + 1, 'a')), 2);
  t.equal(add(half, 8 * 1024 + 1, 'a').kicks.length, 3, 'the kick is in it');
  t.end();
});

t.test('those of all callers have 64 KiB', (t) => {
  let run = queued;
  for (const from of ['a', 'b', 'c', 'd']) run = add(run, 15 * 1024, from);
  t.equal(kept(run), 4);
  t.equal(kept(add(run, 4 * 1024, 'e')), 5);
  t.equal(kept(add(run, 4 * 1024 + 1, 'e')), 4);
  t.end();
});
