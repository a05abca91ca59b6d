import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { askToolVersion } from '../../src/io/tool-version.ts';

const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' };

function tool(t: Test, text: string): string {
  const file = join(t.testdir(), 'tool');
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

for (const [what, text, wanted] of [
  ['an answer', '#!/bin/sh\necho 7.23.0\n', { version: '7.23.0' }],
  // a wrapper that complains and yet works
  [
    'an answer and an error code',
    '#!/bin/sh\necho oh >&2\necho 7.23.0\nexit 3\n',
    { version: '7.23.0' },
  ],
  [
    'another program',
    '#!/bin/sh\necho "GNU hello \u001b[2J"\n',
    {
      reason: 'it told no version, it ended with 0: GNU hello',
    },
  ],
  ['nothing', '#!/bin/sh\n', { reason: 'it told no version, it ended with 0' }],
  [
    'a wrapper that finds nothing',
    '#!/bin/sh\nexec rbenv-ruby "$@"\n',
    { reason: /^it could not be started, it ended with 127: .*rbenv-ruby/ },
  ],
  [
    'an interpreter that is not there',
    '#!/nowhere/ruby\nputs 1\n',
    {
      reason:
        'it could not be started: the interpreter that its first line names is not there',
    },
  ],
  [
    'a file that is no program',
    '\u0000\u0001\u0002',
    { reason: /could not be started|ended with 12[67]/ },
  ],
  ['a signal', '#!/bin/sh\nkill -9 $$\n', { reason: 'SIGKILL ended it' }],
  [
    'no end of words',
    '#!/bin/sh\nwhile :; do echo 0123456789; done\n',
    { reason: /./ },
  ],
] as const) {
  t.test(what, async (t) => {
    const answer = await askToolVersion(tool(t, text), 'puppet-agent', env);
    t.match(answer, wanted);
  });
}

t.test('it gets nothing but the literal environment', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'tool');
  writeFileSync(file, `#!/bin/sh\nenv > '${dir}/env'\necho "$*" 7.1.0\n`, {
    mode: 0o755,
  });
  await askToolVersion(file, 'puppet-agent', env);
  const names = readFileSync(join(dir, 'env'), 'utf8').match(/^\w+(?==)/gm);
  // of the shell itself, and of tap, which adds its own to every child that a test starts
  const own = /^(?:PWD|OLDPWD|SHLVL|_|NODE_OPTIONS|_TAPJS_.*)$/;
  const given = names?.filter((name) => !own.test(name)).toSorted();
  t.same(given, ['LANG', 'PATH']);
});

t.test('what hangs is ended with all that it started', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'tool');
  // the grandchild holds the pipe
  writeFileSync(
    file,
    `#!/bin/sh\nsleep 1000 &\necho $! > '${dir}/pid'\nsleep 1000\n`,
    { mode: 0o755 },
  );
  const answer = await askToolVersion(file, 'puppet-agent', env, 500);
  t.match(answer, { kind: 'unusable', reason: /did not answer within/ });
  const pid = readFileSync(join(dir, 'pid'), 'utf8').trim();
  // killed, and on its way out: one that is not ended would sleep longer than this test may take
  while (/^[^ZX]$/.test(stateOf(pid)))
    await new Promise((resolve) => setImmediate(resolve));
  t.match(stateOf(pid), /^(?:gone|Z|X)$/);
});

/** Of a process, as proc(5) has it: one letter. */
function stateOf(pid: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.split(' ')[2] ?? 'gone';
  } catch {
    return 'gone';
  }
}
