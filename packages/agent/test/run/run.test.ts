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
