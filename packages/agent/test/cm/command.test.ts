import t from 'tap';
import { createCommand } from '../../src/cm/command.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const profile = createCommand({
  name: 'web',
  services: {},
  argv: ['/usr/local/bin/repair', '--now'],
  env: { PATH: '/usr/bin' },
  exitCodes: { '0': 'unchanged', '2': 'corrected' },
});

t.test('nothing of a kick becomes an argument', (t) => {
  const scope = {
    cm: 'web',
    noop: true,
    tags: ['a', 'b'],
    environment: 'test',
  };
  t.same(profile.command(run, scope), {
    file: '/usr/local/bin/repair',
    argv: ['--now'],
    env: {
      PATH: '/usr/bin',
      KICKD_RUN: run,
      KICKD_NOOP: '1',
      KICKD_TAGS: 'a,b',
      KICKD_ENVIRONMENT: 'test',
    },
  });
  t.end();
});

for (const [end, kind, code] of [
  [{ exitCode: 0 }, 'unchanged', undefined],
  [{ exitCode: 2 }, 'corrected', undefined],
  [{ exitCode: 3 }, 'failed', 'exit-code'],
  [{ signal: 'SIGTERM' }, 'failed', 'killed'],
  [{}, 'failed', 'killed'],
] as const) {
  t.test(JSON.stringify(end), (t) => {
    const outcome = profile.outcome(
      { run, noop: false, startedAt: new Date(), ...end },
      {},
    );
    t.equal(outcome.kind, kind);
    t.equal(outcome.code, code);
    t.end();
  });
}

t.test('a correction under noop is nothing to believe', (t) => {
  const end = { run, noop: true, startedAt: new Date() };
  t.match(profile.outcome({ ...end, exitCode: 2 }, {}), {
    kind: 'failed',
    code: 'noop-ignored',
  });
  t.equal(profile.outcome({ ...end, exitCode: 0 }, {}).kind, 'unchanged');
  t.end();
});
