import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t, { type Test } from 'tap';
import { createPki, writeSsl } from '@kickd/testkit';
import {
  ask,
  isActive,
  kickdUnits,
  untilItAnswers,
  waitEnd,
  waitFor,
} from './lab/box-kickd.ts';
import { startBox, whyNoBox, type SystemdBox } from './lab/box.ts';
import { buildPrograms, debFolder, packDebs } from './lab/debs.ts';
import { monitorHost, webHost } from './lab/places.ts';

/** The module installs kickd from a repository of packages, and kickd then calls the Puppet that installed it. */

const apply = [
  ...['puppet', 'apply', '--detailed-exitcodes', '--certname', webHost.name],
  ...['--modulepath', '/checkout/deploy/puppet/modules'],
  '/etc/kickd/site.pp',
];

const manifest = `class { 'kickd::agent':
  kickers     => ['${monitorHost.name}'],
  readers     => ['${monitorHost.name}'],
  certname    => '${webHost.name}',
  cm_default  => 'policy',
  cm_profiles => {
    'policy' => { 'type' => 'puppet-apply', 'manifest' => '/etc/kickd/web.pp' },
  },
}

class { 'kickd::kicker':
  certname => '${monitorHost.name}',
  user     => 'root',
  group    => 'root',
  nagios   => false,
  service  => false,
  hosts    => { '${webHost.name}' => { 'address' => '127.0.0.1' } },
  escalate => { 'command' => ['/bin/true'] },
  rules    => { 'rules' => [{ 'name' => 'all', 'match' => { 'host' => '*' } }] },
  tls      => {
    'cert' => '/etc/kickd/client/cert.pem',
    'key'  => '/etc/kickd/client/key.pem',
    'ca'   => '/etc/kickd/client/ca.pem',
    'crl'  => '/etc/kickd/client/crl.pem',
  },
}
`;

const policy = `service { 'web': ensure => running }
`;

const obstacle = await whyNoBox();
if (obstacle !== undefined) {
  process.stderr.write(`SKIPPED: ${obstacle}\n`);
  t.plan(0, obstacle);
} else {
  await t.test('the Puppet module', async (t) => {
    const box = await startBox();
    t.teardown(() => box.close());
    await prepare(box);
    await t.test('applied', (t) => installs(t, box));
    await t.test('kicker', (t) => installsKicker(t, box));
    await t.test('applied again', (t) => changesNothing(t, box));
    await t.test('a kick heals', (t) => heals(t, box));
    await t.test('another rule', (t) => takesChange(t, box));
  });
}

/** A repository of the packages, Puppet's certificates where Debian's Puppet keeps them, and a service. */
async function prepare(box: SystemdBox): Promise<void> {
  const write = (name: string, text: string): void =>
    writeFileSync(join(box.folder, name), text);
  rmSync(debFolder, { recursive: true, force: true });
  buildPrograms();
  packDebs(debFolder);
  const debs = join(box.folder, 'debs');
  cpSync(debFolder, debs, { recursive: true });
  writeFileSync(join(debs, 'Packages'), indexOf(debs));
  write('site.pp', manifest);
  write('web.pp', policy);
  write('web.service', '[Service]\nExecStart=/bin/sleep infinity\n');
  const pki = createPki({ tier: 'two', key: 'ec' });
  const trust = { ca: pki.ca, crl: pki.crl };
  const leaf = (certname: string) => ({ ...pki.issue({ certname }), ...trust });
  mkdirSync(join(box.folder, 'host'));
  writeSsl(join(box.folder, 'host'), leaf(webHost.name));
  writeSsl(join(box.folder, 'client'), leaf(monitorHost.name));
  const script = `set -e
cp /etc/kickd/web.service /etc/systemd/system/
ssl=/var/lib/puppet/ssl
mkdir -p $ssl/certs $ssl/private_keys
cp /etc/kickd/host/cert.pem $ssl/certs/${webHost.name}.pem
cp /etc/kickd/host/key.pem $ssl/private_keys/${webHost.name}.pem
cp /etc/kickd/host/ca.pem $ssl/certs/ca.pem
cp /etc/kickd/host/crl.pem $ssl/crl.pem
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/etc/kickd/debs ./' >/etc/apt/sources.list
apt-get update -q
`;
  await box.must('sh', '-c', script);
}

/** @see deb822(5), what apt wants to know of each package */
function indexOf(folder: string): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => {
      const bytes = readFileSync(join(folder, file));
      const { stdout: control } = execaSync('dpkg-deb', [
        '-f',
        join(folder, file),
      ]);
      const sum = createHash('sha256').update(bytes).digest('hex');
      return `${control.trimEnd()}\nFilename: ./${file}\nSize: ${String(bytes.length)}\nSHA256: ${sum}\n`;
    })
    .join('\n');
}

async function installs(t: Test, box: SystemdBox): Promise<void> {
  const applied = await box.run(...(apply as [string, ...string[]]));
  t.equal(applied.exitCode, 2, applied.output.slice(-3000));
  await untilItAnswers(box);
  for (const unit of ['kickd.socket', 'kickd', 'kickd-runner.socket'])
    t.equal(await isActive(box, unit), true, unit);
  const units = await box.must(
    'systemctl',
    'show',
    '--property=FragmentPath',
    ...kickdUnits,
  );
  t.notMatch(units, /\/etc\//, 'the units are those of the package');
  const checked = await box.run('kickd', 'check');
  t.equal(checked.exitCode, 0, checked.output);
}

async function installsKicker(t: Test, box: SystemdBox): Promise<void> {
  const checked = await box.run('kicker', 'check');
  t.equal(checked.exitCode, 0, checked.output);
  const yaml = await box.must('cat', '/etc/kicker/kicker.yaml');
  t.match(yaml, /address: 127\.0\.0\.1/);
  t.match(yaml, /\/bin\/true/);
  const pinged = await box.run('kicker', 'ping', webHost.name);
  t.equal(pinged.exitCode, 0, pinged.output);
}

async function changesNothing(t: Test, box: SystemdBox): Promise<void> {
  await box.must('systemctl', 'stop', 'kickd.service');
  const applied = await box.run(...(apply as [string, ...string[]]));
  t.equal(applied.exitCode, 0, applied.output.slice(-3000));
  t.equal(await isActive(box, 'kickd'), false, 'the listener stays at rest');
}

async function heals(t: Test, box: SystemdBox): Promise<void> {
  t.equal(await isActive(box, 'web'), false);
  const run = await waitEnd(box, (await ask(box)).run);
  t.match(run.outcome, {
    kind: 'corrected',
    corrected: [{ resource: 'Service[web]' }],
  });
  t.equal(await isActive(box, 'web'), true);
}

async function takesChange(t: Test, box: SystemdBox): Promise<void> {
  writeFileSync(
    join(box.folder, 'site.pp'),
    manifest.replace(/kickers +=> .*/, 'kickers => [],'),
  );
  const applied = await box.run(...(apply as [string, ...string[]]));
  t.equal(applied.exitCode, 2, applied.output.slice(-3000));
  await waitFor('kicks to be refused', () =>
    ask(box).then(
      () => undefined,
      (error: unknown) => /ACL_DENIED/.test(String(error)) || undefined,
    ),
  );
  t.pass('nobody may kick any more');
}
