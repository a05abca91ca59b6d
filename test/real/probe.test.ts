/**
 * A probe with the real parts of Debian 12: check_http asks a real Apache, before a run and after it, through a real kickd
 * over mutual TLS. What is not installed is said, and skipped.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findTool, startCmHost } from './lab/cm-host.ts';
import { childrenOf, sendSignal, startTimeOf } from './lab/processes.ts';
import { waitFor } from './lab/wait.ts';

const plugin = '/usr/lib/nagios/plugins/check_http';
const apache = '/usr/sbin/apache2';
/** Below the ports that the system gives to whoever asks for any. */
const port = 8151;
const because = { monitor: 'nagios', service: 'HTTP' };

const missing = [
  ...(findTool(plugin) === undefined ? ['monitoring-plugins-basic'] : []),
  ...(findTool(apache) === undefined ? ['apache2'] : []),
];
if (missing.length > 0) {
  const what = `probes with check_http and Apache; run: apt-get install --no-install-recommends ${missing.join(' ')}`;
  process.stderr.write(`SKIPPED: ${what}\n`);
  t.plan(0, what);
} else {
  await t.test('check_http says whether Apache needs a run', async (t) => {
    const dir = t.testdir();
    const web = writeApache(dir);
    const profile = `{type: command, argv: [${apache}, -f, ${web.config}, -k, start], exitCodes: {'0': corrected}, probes: {HTTP: {argv: [${plugin}, -H, 127.0.0.1, -p, '${port}']}}}`;
    const host = await startCmHost(dir, profile);
    t.teardown(async () => {
      await host.close();
      await web.kill();
    });

    const down = await host.kick({ because });
    t.match(down.outcome, { kind: 'corrected', verified: true });

    const up = await host.kick({ because });
    t.match(up.outcome, {
      kind: 'not-needed',
      reason: /^the probe of HTTP is green: HTTP OK: HTTP\/1.1 200 OK - /,
    });
    t.equal(up.startedAt, undefined);

    await web.kill();
    const healed = await host.kick({ because });
    t.match(healed.outcome, { kind: 'corrected', verified: true });
    t.comment(`${String(healed.durationMs)} ms to heal`);

    // a person who asks for a run gets one, however green
    const byHand = await host.kick();
    t.match(byHand.outcome, { kind: 'corrected', verified: undefined });
  });
}

interface Web {
  config: string;
  /** with -9: its pid file stays */
  kill(): Promise<void>;
}

/** An Apache of the test's own: nothing of the system's is borrowed. */
function writeApache(dir: string): Web {
  const config = join(dir, 'apache.conf');
  const pidFile = join(dir, 'apache.pid');
  mkdirSync(join(dir, 'htdocs'));
  writeFileSync(join(dir, 'htdocs', 'index.html'), 'fine\n');
  const modules = ['mpm_event', 'authz_core', 'dir'];
  writeFileSync(
    config,
    [
      `ServerRoot ${dir}`,
      `ServerName 127.0.0.1`,
      `Listen 127.0.0.1:${port}`,
      `PidFile ${pidFile}`,
      `ErrorLog ${dir}/error.log`,
      `DocumentRoot ${dir}/htdocs`,
      `DirectoryIndex index.html`,
      `User www-data`,
      `Group www-data`,
      ...modules.map(
        (name) =>
          `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
      ),
      '',
    ].join('\n'),
  );
  return { config, kill: () => killApache(pidFile, config) };
}

async function killApache(pidFile: string, config: string): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
    // the pid file outlives a crash, and its number may belong to another program by then
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(config)) return;
  } catch {
    return;
  }
  const all = [pid, ...childrenOf(pid)];
  for (const one of all) sendSignal(one, 'SIGKILL');
  await waitFor(
    'apache to be gone',
    () => all.every((one) => startTimeOf(one) === '') || undefined,
    { timeoutMs: 10_000 },
  );
}
