import {
  chmodSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFakeStandby, createPki, writeSsl } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { createProfiles } from '../../src/cm/profiles.ts';
import { check } from '../../src/commands/check.ts';
import type { Finding } from '../../src/commands/finding.ts';
import { createChildLauncher } from '../../src/io/child-launcher.ts';
import { loadSettings } from '../../src/io/load-settings.ts';
import { createStandbyKeeper } from '../../src/io/standby-keeper.ts';
import { findStandbyProgram } from '../../src/io/standby-program.ts';

const day = 24 * 60 * 60 * 1000;
const now = new Date();
const pki = createPki();

/** Of a short path, as a UNIX socket needs. */
function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-check-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A host whose certificate ends so many days from now. */
function write(
  t: Test,
  daysLeft: number,
  probes = '',
  profile = `{type: command, argv: [/bin/true], exitCodes: {}${probes}}`,
) {
  const dir = folder(t);
  const notAfter = new Date(+now + daysLeft * day);
  const files = writeSsl(join(dir, 'ssl'), {
    ...pki.issue({ certname: 'web1.example.com', notAfter }),
    ca: pki.ca,
    crl: pki.crl,
  });
  const { cert, key, ca, crl } = files;
  const config = join(dir, 'kickd.yaml');
  writeFileSync(join(dir, 'auth.conf'), 'path /run\nallow a.example.com\n');
  writeFileSync(
    config,
    `certname: web1.example.com
tls: {cert: ${cert}, key: ${key}, ca: ${ca}, crl: ${crl}}
acl: {file: ${dir}/auth.conf}
cm: {default: t, profiles: {t: ${profile}}}
state: ${dir}/state
`,
  );
  return { config, files };
}
const of = (findings: Finding[], subject: Finding['subject']): string[] =>
  findings
    .filter((finding) => finding.subject === subject)
    .map(({ level, code, message }) => `${level} ${code ?? message}`);

t.test('what expires is told 30, 7 and 1 days ahead', async (t) => {
  const soon = 'warning CERT_EXPIRES_SOON';
  const cases: [number, RegExp[] | (string | RegExp)[]][] = [
    [100, [/^ok .* more than 30 days ahead/]],
    [29, [soon, /^ok .*: certificate on .* within 30 days/]],
    [6, [soon, /^ok .* within 7 days/]],
    [0.5, [soon, /^ok .* within a day/]],
    [-1, ['fault CERT_EXPIRED']],
  ];
  for (const [days, expected] of cases) {
    const { config } = write(t, days);
    t.match(of(await check(config, now), 'certificates'), expected);
  }
});

t.test('what others may change is told', async (t) => {
  const { config, files } = write(t, 100);
  chmodSync(files.key, 0o644);
  chmodSync(join(config, '..', 'auth.conf'), 0o646);
  const findings = await check(config, now);
  t.same(of(findings, 'certificates'), ['fault KEY_EXPOSED']);
  t.same(of(findings, 'acl'), ['fault FILE_WRITABLE']);
  chmodSync(config, 0o646);
  const refused = of(await check(config, now), 'configuration');
  t.same(refused, ['fault FILE_WRITABLE']);
});

t.test('each probe is looked at, and asked once', async (t) => {
  const isRoot = process.geteuid?.() === 0;
  const as = isRoot ? 'as nobody' : 'as whoever runs kickd, which is not root';
  const sh = (script: string, more = '') =>
    `{argv: [/bin/sh, -c, "${script}"]${more}}`;
  const rows: [string, string | RegExp, (string | RegExp)?][] = [
    [
      '{argv: [/bin/true]}',
      `ok t, HTTP: /bin/true ${as}, at most 10 s; now it is green`,
    ],
    [
      sh("echo 'HTTP CRITICAL|t=1'; exit 2", ', timeoutSeconds: 3'),
      `ok t, HTTP: /bin/sh ${as}, at most 3 s; now it is not green (exit 2): HTTP CRITICAL`,
    ],
    [
      '{argv: [/nowhere/check_http]}',
      'warning PROBE_MISSING',
      'ls -l /nowhere/check_http; install it, on Debian: sudo apt-get install monitoring-plugins-basic; or set cm.profiles.t.probes to where it is',
    ],
    [
      sh('echo No such host; exit 3'),
      'warning PROBE_UNUSABLE',
      `type what kickd typed: ${isRoot ? 'runuser -u nobody -- ' : ''}env -i /bin/sh -c 'echo No such host; exit 3'; echo $?`,
    ],
    [sh('exec sleep 60', ', timeoutSeconds: 1'), 'warning PROBE_UNUSABLE'],
    ...(isRoot
      ? ([
          [
            '{argv: [/bin/true], user: no-such-user}',
            'warning PROBE_USER',
            /useradd --system .* no-such-user/,
          ],
        ] as [string, string, RegExp][])
      : []),
  ];
  for (const [probe, found, remedy] of rows) {
    const { config } = write(t, 100, `, probes: {HTTP: ${probe}}`);
    const findings = await check(config, now);
    t.match(of(findings, 'probe'), [found], probe);
    if (remedy === undefined) continue;
    const [first] = findings.filter(({ subject }) => subject === 'probe');
    t.match(first?.remedy, remedy);
  }
  t.same(of(await check(write(t, 100).config, now), 'probe'), []);
});

t.test('a standby: what it costs, what it heals, and what not', async (t) => {
  const pages = `services: {HTTP: ['Service[apache2]'], DB: ['Service[db]']}`;
  const standby = (puppet: string, services: string): string =>
    `{type: puppet-agent, binary: ${puppet}, standby: true, ${services}}`;
  const dir = folder(t);
  const puppet = join(dir, 'puppet');
  const config = (services = pages): string =>
    write(t, 100, '', standby(puppet, services)).config;
  const look = async (file: string): Promise<string[]> =>
    of(await check(file, now), 'standby');

  t.same(await look(config()), ['warning STANDBY_PROGRAM'], 'no such Puppet');
  const fake = createFakeStandby(dir);
  symlinkSync(fake.file, join(dir, 'ruby'));
  writeFileSync(puppet, `#!${join(dir, 'ruby')} -w\n`, { mode: 0o755 });
  t.match(await look(config('services: {}')), [
    'warning STANDBY_SERVICES',
    /^ok t: none is ready now \(.*\); runs are cold until one has loaded/,
  ]);

  const file = config();
  const loaded = await loadSettings(file);
  if (loaded.kind === 'faults') return t.fail('the configuration is right');
  const { settings } = loaded;
  const plan = createProfiles(settings, {
    puppetBinary: puppet,
    home: userInfo().homedir,
    standbyProgram: findStandbyProgram,
  }).get('t')?.standby;
  if (plan === undefined) return t.fail('there is a plan');
  const keeper = createStandbyKeeper(
    { dir: join(settings.state, 'standby'), logDir: dir, outlive: false },
    createChildLauncher(),
  );
  t.teardown(() => keeper.close());
  await keeper.keep([plan]);
  fake.behave({ unfit: { 'Service[db]': 'the type Cron' } });
  while ((await keeper.ask(plan)).kind === 'none') await sleep(10);
  t.match(await look(file), [
    /^ok t: process \d+ is ready, \d+ MB resident, \d+\.\d s of processor time so far; heals Service\[apache2\] ahead$/,
    'warning STANDBY_UNFIT',
  ]);
  fake.behave({ ready: 'stale' });
  t.same(await look(file), [
    'ok t: loads anew, since /etc/puppet/puppet.conf has changed',
  ]);
});
