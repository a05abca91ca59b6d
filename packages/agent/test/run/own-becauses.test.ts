import t from 'tap';
import { withOwnBecauses } from '../../src/run/own-becauses.ts';
import { queuedRun, withKick } from '../../src/run/run.ts';

t.test('a caller sees its own reasons, and that others asked', (t) => {
  const id = '0193a000-0000-7000-8000-000000000001';
  const at = new Date('2026-11-22T10:00:00.000Z');
  const scope = { cm: 'puppet-agent', noop: false };
  const kick = {
    kick: id,
    certname: 'web1.example.com',
    because: { service: 'HTTP' },
  };
  let run = queuedRun(id, 'web1.example.com', scope, at);
  for (const by of ['a.example.com', 'b.example.com']) {
    run = withKick(run, kick, by, 'started', scope, at);
  }
  const seen = withOwnBecauses(run, 'a.example.com');
  const base = { kick: id, joined: 'started', acceptedAt: at.toISOString() };
  t.strictSame(seen, {
    ...run,
    kicks: [
      { ...base, by: 'a.example.com', because: { service: 'HTTP' } },
      { ...base, by: 'b.example.com' },
    ],
  });
  t.match(
    run.kicks[1],
    { because: { service: 'HTTP' } },
    'the run itself stays',
  );
  t.end();
});
