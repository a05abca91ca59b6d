import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createPki, writeSsl } from '@kickd/testkit';
import { execa, execaSync } from 'execa';
import t, { type Test } from 'tap';
import { createPuppetSite, type PuppetSite } from '../field/puppet-site.ts';

/**
 * What real Puppet tells of odd runs, and that its log holds them: `puppet apply`, and an agent with a catalog in its
 * cache and no server. Nothing is installed and no port is opened.
 */
const puppet = '/usr/bin/puppet';
const certname = 'web1.example.com';
const skip = existsSync(puppet) ? false : `there is no ${puppet}`;

/** A Puppet with all of its folders in this one. */
function siteIn(dir: string, conf = ''): PuppetSite {
  const pki = createPki({ key: 'rsa' });
  const flat = writeSsl(join(dir, 'flat'), {
    ...pki.issue({ certname }),
    ca: pki.ca,
    crl: pki.crl,
  });
  for (const name of ['certs', 'private_keys'])
    mkdirSync(join(dir, 'ssl', name), { recursive: true });
  copyFileSync(flat.ca, join(dir, 'ssl/certs/ca.pem'));
  copyFileSync(flat.crl, join(dir, 'ssl/crl.pem'));
  copyFileSync(flat.cert, join(dir, `ssl/certs/${certname}.pem`));
  copyFileSync(flat.key, join(dir, `ssl/private_keys/${certname}.pem`));
  return createPuppetSite(
    dir,
    puppet,
    `ssldir = ${dir}/ssl
rundir = ${dir}/run
logdir = ${dir}/log
publicdir = ${dir}/public
certname = ${certname}
server = nowhere.invalid
use_cached_catalog = true
${conf}`,
  );
}

async function withSite(
  t: Test,
  conf: string,
  policy: string,
  work: (site: PuppetSite, dir: string) => Promise<void>,
): Promise<void> {
  const dir = t.testdir();
  const site = siteIn(dir, conf);
  try {
    writeFileSync(join(dir, 'site.pp'), policy.replaceAll('DIR', dir));
    await work(site, dir);
  } finally {
    await site.close();
  }
}

/** Puts the policy into the agent's cache. */
function cacheCatalog(site: PuppetSite, dir: string): void {
  const { stdout: said } = execaSync(
    puppet,
    [
      ...['catalog', 'compile', certname, `--config=${site.confFile}`],
      ...[`--confdir=${dir}`, `--manifest=${dir}/site.pp`],
      ...['--render-as', 'json'],
    ],
    { stdin: 'ignore', stderr: 'ignore' },
  );
  const folder = join(dir, 'var/client_data/catalog');
  mkdirSync(folder, { recursive: true });
  const json = said.slice(said.indexOf('\n{') + 1);
  writeFileSync(join(folder, `${certname}.json`), json);
}

const apply = { cm: 'puppet-apply' };
const file = `file { 'DIR/touched': ensure => file, content => 'x'`;

await t.test('noop of the host', { skip }, (t) =>
  withSite(t, 'noop = true\n', `${file} }`, async (site, dir) => {
    t.match((await site.kick(apply)).outcome, {
      kind: 'unchanged',
      code: 'noop-of-the-host',
      exitCode: 0,
      pending: [{ resource: `File[${dir}/touched]`, to: 'file' }],
    });
    t.notOk(existsSync(join(dir, 'touched')));
  }),
);

await t.test('noop of a resource', { skip }, (t) =>
  withSite(t, '', `${file}, noop => true }`, async (site, dir) => {
    t.match((await site.kick(apply)).outcome, {
      kind: 'unchanged',
      code: 'noop-of-a-resource',
      pending: [{ resource: `File[${dir}/touched]` }],
    });
  }),
);

await t.test('a resource that has noop => false', { skip }, (t) =>
  withSite(
    t,
    '',
    `${file}, noop => false } notify { 'x': }`,
    async (site, dir) => {
      t.match((await site.kick({ ...apply, noop: true })).outcome, {
        kind: 'corrected',
        code: 'noop-ignored',
        corrected: [{ resource: `File[${dir}/touched]` }],
        pending: [{ resource: 'Notify[x]' }],
      });
      t.ok(existsSync(join(dir, 'touched')));
    },
  ),
);

await t.test('a service that cannot be restarted', { skip }, (t) =>
  withSite(
    t,
    '',
    `${file} } ~> service { 'x': ensure => running, provider => base, status => '/bin/true', start => '/bin/true', stop => '/bin/true', restart => '/bin/false' }`,
    async (site, dir) => {
      t.match((await site.kick(apply)).outcome, {
        kind: 'partly',
        code: 'resources',
        exitCode: 6,
        corrected: [{ resource: `File[${dir}/touched]` }],
        failed: ['Service[x]'],
      });
    },
  ),
);

await t.test('an agent', { skip }, (t) =>
  withSite(t, '', `${file} }`, async (site, dir) => {
    const again = (): void => rmSync(join(dir, 'touched'), { force: true });
    await t.test('no catalog: the log holds the run', async (t) => {
      const { run, outcome } = await site.kick();
      t.match(outcome, { kind: 'failed', exitCode: 1 });
      t.match(outcome.reason, /nowhere\.invalid/);
      t.match(await site.readLog(run), /^Error: .*nowhere\.invalid/m);
    });
    cacheCatalog(site, dir);
    await t.test('a change: to the console and to syslog', async (t) => {
      const syslog = await listenToSyslog();
      const { run, outcome } = await site.kick();
      t.match(outcome, {
        kind: 'corrected',
        exitCode: 2,
        corrected: [{ resource: `File[${dir}/touched]`, to: 'file' }],
      });
      t.match(await site.readLog(run), /^Notice: .*touched.*ensure: defined/m);
      if (syslog === undefined) t.comment('/dev/log is taken: not looked at');
      else t.match(await syslog.close(), /puppet-agent\[\d+\]: .*touched/);
    });
    await t.test('a lock that nobody holds', async (t) => {
      for (const lock of ['999999', '', 'abc']) {
        again();
        writeFileSync(site.places.runLock, lock);
        const { kind } = (await site.kick()).outcome;
        t.equal(kind, 'corrected', JSON.stringify(lock));
        rmSync(site.places.runLock, { force: true });
      }
    });
    await t.test('a lock over which Puppet stumbles', async (t) => {
      writeFileSync(site.places.runLock, '0');
      t.match((await site.kick()).outcome, {
        kind: 'failed',
        code: 'no-report',
        reason: /^Could not run Puppet configuration client: Execution of 'ps/,
      });
      rmSync(site.places.runLock, { force: true });
    });
    await t.test('a lock that a Puppet holds', async (t) => {
      const holder = execa('/usr/bin/ruby', ['-e', 'sleep', 'puppet'], {
        reject: false,
      });
      writeFileSync(site.places.runLock, String(holder.pid));
      const { run, outcome } = await site.kick();
      t.match(
        outcome,
        { kind: 'refused', code: 'busy' },
        await site.readLog(run),
      );
      holder.kill();
      await holder;
      rmSync(site.places.runLock, { force: true });
    });
    await t.test('disabled, in any language', async (t) => {
      execaSync(puppet, [
        ...['agent', `--config=${site.confFile}`, `--confdir=${dir}`],
        ...['--disable', 'Änderung: bitte\nnicht anfassen'],
      ]);
      t.match((await site.kick()).outcome, {
        kind: 'refused',
        code: 'disabled',
        reason: 'Änderung: bitte nicht anfassen',
      });
      rmSync(site.places.disabledLock);
    });
    await t.test('a command behind the run that fails', async (t) => {
      again();
      const conf = readFileSync(site.confFile, 'utf8');
      writeFileSync(site.confFile, `${conf}\npostrun_command = /bin/false\n`);
      const { outcome } = await site.kick();
      t.match(outcome, {
        kind: 'partly',
        corrected: [{ resource: `File[${dir}/touched]` }],
        reason: /postrun_command/,
      });
    });
  }),
);

/** Ruby can listen to a datagram socket and Node cannot; undefined: somebody else does. */
async function listenToSyslog(): Promise<
  { close(): Promise<string> } | undefined
> {
  if (existsSync('/dev/log') || process.getuid?.() !== 0) return undefined;
  const socket = syslogSocket();
  mkdirSync(dirname(socket), { recursive: true });
  const listener = execa(
    '/usr/bin/ruby',
    [
      '-rsocket',
      '-e',
      `$stdout.sync = true; s = Socket.new(:UNIX, :DGRAM); s.bind(Addrinfo.unix(ARGV[0])); puts 'ready'; loop { puts s.recv(8192) }`,
      socket,
    ],
    { stdin: 'ignore', stderr: 'inherit', buffer: false, reject: false },
  );
  let said = '';
  const ready = Promise.withResolvers<void>();
  listener.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('ready')) ready.resolve();
  });
  void listener.then(() => {
    ready.reject(new Error(`nothing listens to ${socket}`));
  });
  await ready.promise;
  return {
    close: async () => {
      listener.kill();
      await listener;
      rmSync(socket, { force: true });
      return said;
    },
  };
}

/** Debian's systemd leaves a link at /dev/log that leads nowhere where journald does not run. */
function syslogSocket(): string {
  const entry = lstatSync('/dev/log', { throwIfNoEntry: false });
  return entry?.isSymbolicLink() === true
    ? resolve('/dev', readlinkSync('/dev/log'))
    : '/dev/log';
}
