import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locatePuppet } from '@kickd/mtls';
import t from 'tap';
import { createPrograms } from './tls-lab.ts';

/** A variable that only Puppet knows ended kickd with a stack trace. */
const locate = (text: string, confFile: string) =>
  locatePuppet({
    files: { readText: () => text },
    env: { isRoot: true, hostname: 'web1' },
    confFile,
  });
const aio = '/etc/puppetlabs/puppet/puppet.conf';
const debian = '/etc/puppet/puppet.conf';

/** As `puppet config print` says: 7.23 of Debian, and the packages of Puppet. */
const known: [file: string, variable: string, value: string][] = [
  [debian, 'rundir', '/run/puppet'],
  [debian, 'logdir', '/var/log/puppet'],
  [debian, 'codedir', '/etc/puppet/code'],
  [debian, 'libdir', '/var/cache/puppet/lib'],
  [debian, 'reportdir', '/var/cache/puppet/reports'],
  [debian, 'client_datadir', '/var/cache/puppet/client_data'],
  [debian, 'privatedir', '/var/lib/puppet/ssl/private'],
  [debian, 'requestdir', '/var/lib/puppet/ssl/certificate_requests'],
  [debian, 'environmentpath', '/etc/puppet/code/environments'],
  [aio, 'rundir', '/var/run/puppetlabs'],
  [aio, 'logdir', '/var/log/puppetlabs/puppet'],
  [aio, 'codedir', '/etc/puppetlabs/code'],
  [aio, 'libdir', '/opt/puppetlabs/puppet/cache/lib'],
];
for (const [file, variable, value] of known)
  for (const written of [`$${variable}`, `\${${variable}}`]) {
    const text = `[main]\nlastrunreport = ${written}/report.yaml\n`;
    const { lastRunReport, unknown } = locate(text, file);
    t.equal(lastRunReport, `${value}/report.yaml`, `${written} of ${file}`);
    t.equal(unknown, undefined);
  }

t.test('what nobody knows is left to Puppet', (t) => {
  const text =
    '[main]\nhostcert = $nowhere/c\nrundir = $rundir/x\nlastrunfile = $rundir/y\n';
  const { tls, lastRunSummary, unknown, certname } = locate(text, debian);
  t.equal(certname, 'web1', 'the rest is known');
  t.strictSame([tls.cert, lastRunSummary], ['', '']);
  t.match(unknown, {
    hostcert: { code: 'PUPPET_CONF_VARIABLE', message: /hostcert .*\$nowhere/ },
    lastrunfile: { message: /\$rundir, which .* leads in a circle/ },
  });
  t.end();
});

t.test('the programs, as a person starts them', async (t) => {
  const dir = t.testdir({});
  const { kickd, kicker } = await createPrograms(dir);
  const conf = (name: string, text: string): string => {
    mkdirSync(join(dir, name), { recursive: true });
    const file = join(dir, name, 'puppet.conf');
    writeFileSync(file, text);
    return file;
  };
  const configOf = (puppetConf: string, more: string): string => {
    const file = join(dir, 'kickd.yaml');
    writeFileSync(
      file,
      `puppetConf: ${puppetConf}\nlisten: {address: 127.0.0.1, port: 0}\nstate: ${dir}/state\n${more}`,
    );
    return file;
  };
  const isolated = `[main]\nssldir = ${dir}/none\ncertname = web1\n`;
  const known = conf('known', `${isolated}lastrunreport = $rundir/r.yaml\n`);
  const { text } = await kickd('check', '--config', configOf(known, ''));
  t.match(text, /ok +configuration: web1, puppet-agent/);
  t.match(text, /TLS_FILE_MISSING/, 'and it goes on to what is next');
  t.notMatch(text, /PUPPET_CONF_VARIABLE| {4}at /);

  const lost = conf('lost', `${isolated}lastrunreport = $nowhere/r.yaml\n`);
  const lostConfig = configOf(lost, '');
  for (const words of [['check'], ['foreground'], ['serve']]) {
    const said = await kickd(...words, '--config', lostConfig);
    t.match(said.text, /PUPPET_CONF_VARIABLE/, words.join(' '));
    t.match(said.text, /lastrunreport in puppet.conf uses \$nowhere/);
    t.match(said.text, /puppet config print --section agent lastrunreport/);
    t.notMatch(said.text, / {4}at |node:internal/, 'no stack trace');
    t.not(said.exit, 0);
  }
  // a run of another tool needs no report of Puppet's; nor does the process that listens
  const tool = `cm: {default: tool, profiles: {tool: {type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}}}\n`;
  const other = await kickd('check', '--config', configOf(lost, tool));
  t.notMatch(other.text, /PUPPET_CONF_VARIABLE/);
  t.match(other.text, /ok +configuration/);

  const noSsl = conf('no-ssl', '[main]\nssldir = $nowhere/ssl\n');
  const listener = await kickd(
    ...['listen', '--config', configOf(noSsl, tool)],
    ...['--socket', join(dir, 'runner.sock')],
  );
  t.match(listener.text, /PUPPET_CONF_VARIABLE/);
  t.notMatch(listener.text, / {4}at /);

  const kickerConfig = join(dir, 'kicker.yaml');
  const kickerSays = async (puppetConf: string): Promise<string> => {
    const ledger = join(dir, 'ledger.sqlite');
    writeFileSync(kickerConfig, JSON.stringify({ puppetConf, ledger }));
    const said = await kicker('check', '--config', kickerConfig);
    t.not(said.exit, 0);
    t.notMatch(said.text, / {4}at |node:internal/, 'no stack trace');
    return said.text;
  };
  t.match(await kickerSays(noSsl), /ssldir|\$nowhere/);
  t.match(await kickerSays(lost), /does not exist/, 'it reads no report');
});
