import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { createReceiver } from '../packages/kicker/src/io/receiver.ts';
import { openSpool } from '../packages/kicker/src/io/spool.ts';
import { monitorDefaults } from '../packages/kicker/src/monitors/defaults.ts';
import { createMonitor } from '../packages/kicker/src/monitors/registry.ts';

const deploy = join(import.meta.dirname, '../deploy');

/** What a person installs at a monitor, called as that monitor calls it, against the receiver. */
async function createSite(t: Test, name: 'checkmk' | 'sensu') {
  const dir = t.testdir();
  const directory = join(dir, 'spool');
  const spool = openSpool(directory, process.getuid?.() ?? 0);
  const monitor = await createMonitor(name, monitorDefaults[name], {
    now: () => new Date(),
    pause: () => Promise.resolve(),
    knowsHost: () => false,
    onTrouble: () => {},
  });
  const token = join(dir, 'token');
  writeFileSync(token, 'a-token\n', { mode: 0o600 });
  const receiver = createReceiver({
    door: { kind: 'plain' },
    senders: [{ monitor: name, tokenFile: token }],
    monitors: new Map([[name, monitor]]),
    directory,
    now: () => new Date(),
    log: () => {},
  });
  t.teardown(() => receiver.close());
  const port = await receiver.listen('127.0.0.1', 0);
  return {
    token,
    dir,
    url: `http://127.0.0.1:${String(port)}/v1/${name}`,
    events: () =>
      spool
        .scan(Date.now())
        .events.flatMap((message) => monitor.read(message))
        .flatMap((part) => (part.kind === 'event' ? [part.seen.event] : [])),
  };
}

t.test('the notification script of Checkmk', async (t) => {
  const site = await createSite(t, 'checkmk');
  const notify = (env: Record<string, string>, args: string[] = []) =>
    execa(join(deploy, 'checkmk/kicker'), args, {
      extendEnv: false,
      reject: false,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        KICKER_URL: site.url,
        KICKER_TOKEN_FILE: site.token,
        http_proxy: 'http://192.0.2.1:9',
        NOTIFY_WHAT: 'SERVICE',
        NOTIFY_NOTIFICATIONTYPE: 'PROBLEM',
        NOTIFY_HOSTNAME: 'web1.example.com',
        NOTIFY_SERVICEDESC: 'Process "apache2"; $(id)',
        NOTIFY_SERVICESTATE: 'CRITICAL',
        NOTIFY_SERVICEPROBLEMID: '4711',
        NOTIFY_PARAMETER_SECRET: 'secret',
        ...env,
      },
    });
  const sent = await notify({});
  t.equal(sent.exitCode, 0, sent.stderr);
  t.match(sent.stdout, /"events":1/);
  t.match(site.events(), [
    {
      host: 'web1.example.com',
      service: 'Process "apache2"; $(id)',
      state: 'CRITICAL',
      problem: '4711',
    },
  ]);
  t.equal((await notify({}, ['--bulk'])).exitCode, 2);
  const away = await notify({ KICKER_URL: 'http://127.0.0.1:9/v1/checkmk' });
  t.equal(away.exitCode, 1, 'Checkmk tries again');
  rmSync(site.token);
  t.equal((await notify({})).exitCode, 1);
});

t.test('the handler of Sensu', async (t) => {
  const site = await createSite(t, 'sensu');
  const header = join(site.dir, 'header');
  writeFileSync(header, 'Authorization: Bearer a-token\n');
  const text = readFileSync(join(deploy, 'sensu/handler.yml'), 'utf8');
  // A folded scalar of YAML: its lines are one.
  const [, folded = ''] = /command: >-\n((?: {4}.*\n)+)/.exec(text) ?? [];
  const command = folded
    .replaceAll(/\n? {4}/g, ' ')
    .replace('/etc/sensu/kicker.header', header)
    .replace('http://127.0.0.1:8141/v1/sensu', site.url);
  const event = readFileSync(
    join(
      import.meta.dirname,
      '../packages/kicker/test/monitors/payloads/36-sensu-exit-127.json',
    ),
  );
  // Sensu gives it to a shell.
  const sent = await execa('/bin/sh', ['-c', command], {
    input: event,
    reject: false,
  });
  t.equal(sent.exitCode, 0, sent.stderr);
  t.match(site.events(), [
    { host: 'web1.example.com', service: 'check-http', state: 'UNKNOWN' },
  ]);
});
