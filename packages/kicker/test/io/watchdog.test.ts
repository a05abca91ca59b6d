import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createWatchdog } from '../../src/io/watchdog.ts';
import { until } from '../monitor-host.ts';

void t.test('three times within the time that systemd gives', async (t) => {
  const dir = t.testdir({ said: '' });
  const said = join(dir, 'said');
  const program = join(dir, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>'${said}'\n`);
  chmodSync(program, 0o755);
  let nowMs = 0;
  const env = {
    PATH: `${dir}:/usr/bin:/bin`,
    NOTIFY_SOCKET: '/run/notify',
    WATCHDOG_USEC: '60000000',
  };
  const lines = () => readFileSync(said, 'utf8').split('\n').slice(0, -1);
  const watchdog = createWatchdog(env, () => nowMs);
  for (; nowMs < 60_000; nowMs += 1000) watchdog.beat();
  await until(() => lines().length === 3);
  t.strictSame(new Set(lines()), new Set(['/run/notify WATCHDOG=1']));
  for (const part of [
    { NOTIFY_SOCKET: undefined },
    { WATCHDOG_USEC: undefined },
    { WATCHDOG_USEC: '0' },
    { WATCHDOG_USEC: 'x' },
  ]) {
    createWatchdog({ ...env, ...part }, () => nowMs).beat();
  }
  // One more of the first, so that any of those would have been seen before it.
  watchdog.beat();
  await until(() => lines().length >= 4);
  t.equal(lines().length, 4);
});

t.test('without the program nothing fails', (t) => {
  createWatchdog(
    { PATH: '/none', NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '1000000' },
    () => 0,
  ).beat();
  setImmediate(() => t.end());
});
