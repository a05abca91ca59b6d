import t from 'tap';
import { createDrill } from '../../src/cm/drill.ts';
import { createPuppetAgent } from '../../src/cm/puppet-agent.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const healer = createPuppetAgent({
  services: {},
  env: {},
  name: 'puppet-agent',
  binary: '/usr/bin/puppet',
  waitForLockSeconds: 300,
  files: { report: '/r', runLock: '/l', disabledLock: '/d', summary: '/s' },
  logDir: '/s/runs',
});
const profile = createDrill({
  name: 'drill',
  argv: ['/usr/local/sbin/break-web', '--now'],
  env: { PATH: '/usr/bin' },
  exitCodes: { '0': 'corrected', '75': 'refused' },
  breaks: ['HTTP', 'HTTPS \u001b[2J'],
  healer,
});

t.test('nothing of a kick reaches it', (t) => {
  t.strictSame(profile.command(run, { cm: 'drill', noop: false }), {
    file: '/usr/local/sbin/break-web',
    argv: ['--now'],
    env: { PATH: '/usr/bin', KICKD_RUN: run },
  });
  t.end();
});

t.test('a scope cannot be honoured', (t) => {
  const scope = { cm: 'drill', noop: false };
  t.equal(profile.unsupported?.(scope), undefined);
  t.match(profile.unsupported?.({ ...scope, noop: true }), /cannot have noop:/);
  t.match(profile.unsupported?.({ ...scope, tags: ['a'] }), /have tags:/);
  t.match(
    profile.unsupported?.({ ...scope, environment: 'test', noop: true }),
    /have noop, an environment:/,
  );
  t.end();
});

t.test('a host whose tool is disabled is not broken', (t) => {
  const files = profile.evidenceFiles(run);
  t.ok(Object.values(files).includes('/d'), 'the lock of the default is read');
  t.notOk('report' in files || 'log' in files, 'a drill leaves no report');
  const [key = ''] = Object.entries(files).find(([, f]) => f === '/d') ?? [];
  t.match(profile.refusal({ [key]: '{"disabled_message":"upgrade"}' }), {
    kind: 'refused',
    code: 'disabled',
    reason: /upgrade/,
  });
  t.equal(profile.refusal({}), undefined);
  t.end();
});

for (const [end, kind, code] of [
  [{ exitCode: 0 }, 'corrected', 'drill'],
  [{ exitCode: 75 }, 'refused', undefined],
  [{ exitCode: 3 }, 'failed', 'exit-code'],
  [{ signal: 'SIGTERM' }, 'failed', 'killed'],
] as const) {
  t.test(JSON.stringify(end), (t) => {
    const outcome = profile.outcome(
      { run, noop: false, startedAt: new Date(), ...end },
      {},
    );
    t.equal(outcome.kind, kind);
    t.equal(outcome.code, code);
    if (code === 'drill') {
      t.match(outcome.reason, /^a drill broke HTTP, HTTPS.* on purpose$/);
      t.match(outcome.reason, /^[ -~]*$/);
    }
    t.end();
  });
}
