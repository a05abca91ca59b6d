import { createConnection, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { createClient } from '../bench/client.ts';
import { listenerLimits } from '../packages/agent/src/io/listener-limits.ts';
import { startSite } from '../scripts/site/site.ts';
import { startHalf } from './processes/half.ts';

const kickd = fileURLToPath(
  new URL('../packages/agent/bin/kickd', import.meta.url),
);

t.test('listener and runner, started by hand', async (t) => {
  // the name of a UNIX socket holds 107 bytes
  const dir = mkdtempSync(join(tmpdir(), 'kickd-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const site = await startSite({
    dir,
    // a test runner puts variables of its own into whatever is spawned
    kickd: ['/usr/bin/env', '-i', 'PATH=/usr/bin:/bin', kickd],
    key: 'ec',
    profile: `{type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}`,
    isSplit: true,
  });
  t.teardown(() => site.close());
  const client = createClient(site);
  const run = await client.kick();
  await client.waitFor(run);
  t.same(site.lastCommand(), ['/bin/true'], 'the runner has told of the run');

  const { runner } = site;
  if (runner === undefined) throw new Error('no runner');
  runner.kill('SIGKILL');
  await runner;
  await t.rejects(
    client.kick(),
    { message: /^503: .*"code":"RUNNER_UNAVAILABLE".*"remedy":"ask again/ },
    'no runner, no 202',
  );

  // as systemd's socket does: it takes connections while the runner is still being started
  const ready = join(dir, 'ready.sock');
  const config = join(dir, 'kickd.yaml');
  const next = startHalf([kickd], 'runner', config, ready);
  t.teardown(async () => {
    next.kill();
    await next.ended;
  });
  await next.heard(/"event":"runner-ready"/);
  const late = createServer(async (asked) => {
    await setTimeout(listenerLimits.idleTimeoutMs + 500);
    asked.pipe(createConnection({ path: ready })).pipe(asked);
  });
  rmSync(join(dir, 'runner.sock'), { force: true });
  late.listen(join(dir, 'runner.sock'));
  t.teardown(() => late.close());
  t.match(await client.kick(), /^\/run\/[0-9a-f-]{36}$/, 'it is waited for');
});
