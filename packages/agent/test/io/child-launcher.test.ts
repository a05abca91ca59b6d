import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createChildLauncher } from '../../src/io/child-launcher.ts';

const isRoot = process.geteuid?.() === 0;
const job = 'probe-0193a000-0000-7000-8000-000000000001';
const command = (script: string, env = {}) => ({
  file: '/bin/sh',
  argv: ['-c', script],
  env,
});

t.test(
  'what is confined runs as its user, in no group of root',
  isRoot ? {} : { skip: 'only root can be another user' },
  async (t) => {
    const dir = t.testdir();
    const output = join(dir, 'output');
    const launch = await createChildLauncher().launch(
      {
        ...command('id -u; id -g; id -G; pwd; exit 3'),
        confined: {
          user: 'nobody',
          ids: { uid: 65534, gid: 65534 },
          mostMs: 1000,
        },
      },
      job,
      output,
    );
    if (launch.kind !== 'started') return t.fail(launch.reason);
    t.strictSame(await launch.child.ended, { exitCode: 3 });
    t.equal(readFileSync(output, 'utf8'), '65534\n65534\n65534\n/\n');
  },
);

t.test('whoever is not root starts it as itself', async (t) => {
  const dir = t.testdir();
  mkdirSync(join(dir, 'a'));
  chmodSync(join(dir, 'a'), 0o700);
  const launch = await createChildLauncher().launch(
    {
      ...command('exit 0'),
      confined: { user: 'nobody', mostMs: 1000 },
    },
    job,
    join(dir, 'a', 'output'),
  );
  if (launch.kind !== 'started') return t.fail(launch.reason);
  t.strictSame(await launch.child.ended, { exitCode: 0 });
});

t.test('the environment holds its mark and nothing else', async (t) => {
  const dir = t.testdir();
  const output = join(dir, 'output');
  const launch = await createChildLauncher().launch(
    { file: '/usr/bin/env', argv: ['-0'], env: {} },
    job,
    output,
  );
  if (launch.kind !== 'started') return t.fail(launch.reason);
  await launch.child.ended;
  const lines = readFileSync(output, 'utf8').split('\0').filter(Boolean);
  // the test runner hooks into each spawn
  const own = lines.filter((line) => !/^(NODE_OPTIONS|_TAPJS_)/.test(line));
  t.strictSame(own, [`KICKD_RUN=${job}`]);
});
