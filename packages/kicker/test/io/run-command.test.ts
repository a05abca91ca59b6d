import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { runCommand } from '../../src/io/run-command.ts';

const second = 1000;
const minute = 60 * second;

/** An executable that does as the text says, with `$OUT` as its place to write. */
function script(t: Test, text: string): { file: string; out: string } {
  const dir = t.testdir();
  const file = join(dir, 'command');
  const out = join(dir, 'out');
  writeFileSync(file, `#!/bin/sh\nOUT='${out}'\n${text}\n`, { mode: 0o755 });
  return { file, out };
}

void t.test('arguments and text arrive as they are', async (t) => {
  const { file, out } = script(t, 'printf "%s\\n" "$@" >"$OUT"; cat >>"$OUT"');
  const hostile = ['$(touch /tmp/x)', '`id`', 'a b', '"; rm -rf /', '*', ''];
  const input = '{"host":"$(reboot)","text":"\\u0000\'\\""}';
  t.strictSame(await runCommand([file, ...hostile], input, minute), {
    kind: 'ended',
    exitCode: 0,
  });
  t.equal(readFileSync(out, 'utf8'), `${hostile.join('\n')}\n${input}`);
});

void t.test('its environment is literal, and it stands at /', async (t) => {
  const { file, out } = script(
    t,
    'pwd >"$OUT"; env | cut -d= -f1 | sort >>"$OUT"',
  );
  process.env['KICKER_SECRET'] = 'x';
  t.teardown(() => delete process.env['KICKER_SECRET']);
  await runCommand([file], '', minute);
  const [place, ...names] = readFileSync(out, 'utf8').trim().split('\n');
  t.equal(place, '/');
  // a shell adds PWD and its own; a test runner adds NODE_OPTIONS and its own to whatever is spawned
  t.notOk(names.includes('KICKER_SECRET'));
  t.ok(names.includes('PATH') && names.includes('LANG'));
});

void t.test('it fails, and says how', async (t) => {
  const { file } = script(t, 'exit 7');
  t.strictSame(await runCommand([file], '', minute), {
    kind: 'ended',
    exitCode: 7,
  });
});

void t.test('it is not there, or may not be run', async (t) => {
  const { file, out } = script(t, 'exit 0');
  t.match(await runCommand([`${file}-missing`], '', minute), {
    kind: 'failed',
    why: /ENOENT/,
  });
  writeFileSync(out, '');
  t.match(await runCommand([out], '', minute), {
    kind: 'failed',
    why: /EACCES/,
  });
});

void t.test('it reads nothing of what it is given', async (t) => {
  const { file } = script(t, 'exec <&-; exit 0');
  t.strictSame(await runCommand([file], 'x'.repeat(1_000_000), minute), {
    kind: 'ended',
    exitCode: 0,
  });
});

void t.test('it floods its output: nobody reads it, and it ends', async (t) => {
  const { file } = script(t, 'head -c 5000000 /dev/zero; exit 0');
  t.strictSame(await runCommand([file], '', minute), {
    kind: 'ended',
    exitCode: 0,
  });
});

void t.test(
  'it hangs and ignores TERM: it and its children are gone',
  async (t) => {
    const { file, out } = script(
      t,
      'trap "" TERM; sleep 1000 & echo $! $$ >"$OUT.new"; mv "$OUT.new" "$OUT"; wait',
    );
    t.strictSame(await runCommand([file], '', 1.5 * second), {
      kind: 'failed',
      why: 'no end within 1.5 s',
    });
    t.ok(existsSync(out), 'it had begun');
    const pids = readFileSync(out, 'utf8').trim().split(' ');
    while (pids.some(isRunning)) await delay(10);
  },
);

void t.test('somebody else ends it: told as it is', async (t) => {
  const { file } = script(t, 'kill -9 $$');
  t.strictSame(await runCommand([file], '', minute), {
    kind: 'failed',
    why: 'SIGKILL',
  });
});

function isRunning(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')));
  } catch {
    return false;
  }
}
