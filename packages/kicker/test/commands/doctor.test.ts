import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import { createPki, writeSsl } from '@kickd/testkit';
import { createParties, hostName, startFakeKickd } from '../fake-kickd.ts';
import { runKicker } from '../run-kicker.ts';

const dir = t.testdir();
const parties = createParties(dir);
const kickd = await startFakeKickd(parties.host);
t.teardown(() => kickd.close());
const { pki } = parties;
const texts = { ca: pki.ca, crl: pki.crl };
const mine = { certname: 'monitor.example.com' };
const other = createPki({ name: 'elsewhere.example.com' });
const pair = pki.issue(mine);
const pipe = join(dir, 'nagios.cmd');
execaSync('mkfifo', [pipe]);

let written = 0;
function configure(part: object): string {
  written += 1;
  const file = join(dir, `kicker${written}.yaml`);
  const hosts = {
    web1: { certname: hostName, address: '127.0.0.1' },
    wrong: { certname: 'web2.example.com', address: '127.0.0.1' },
    down: { certname: hostName, address: '127.0.0.1', port: 1 },
    nowhere: { certname: hostName, address: 'no.such.host.invalid' },
  };
  const whole = {
    port: kickd.port,
    tls: parties.kicker,
    hosts,
    ledger: join(dir, 'ledger.sqlite'),
    ...part,
  };
  writeFileSync(file, JSON.stringify(whole));
  return file;
}
const plain = configure({});
const tls = (name: string, certificate: object) =>
  configure({
    tls: writeSsl(join(dir, name), { ...pair, ...texts, ...certificate }),
  });

void t.test('doctor: all is well', async (t) => {
  kickd.behave('status');
  const ended = await runKicker(['doctor', 'web1', '--config', plain]);
  t.equal(ended.code, 0);
  t.strictSame(
    ended.stdout.split('\n').map((line) => /^(ok|--) ([^:]+):/.exec(line)?.[2]),
    [
      'certificate',
      'name',
      'address',
      'tcp',
      'tls',
      'chain and CRL',
      'certname',
      'our certificate',
      'ACL',
      'ACL of a kick',
      undefined,
      'status',
      undefined,
    ],
  );
  t.match(ended.stdout, /kickd acl explain .*--method save --path \/run/);
});

// The first step that fails, and the code that --json gives it.
const rows: [string, string[], string, string][] = [
  [
    'own key is of another certificate',
    ['web1', tls('mixed', { key: pki.issue(mine).key })],
    'certificate',
    'CERT_KEY_MISMATCH',
  ],
  [
    'own certificate has expired',
    [
      'web1',
      tls(
        'old',
        pki.issue({
          ...mine,
          notAfter: new Date(1e12),
          notBefore: new Date(1e11),
        }),
      ),
    ],
    'certificate',
    'CERT_EXPIRED',
  ],
  ['the name does not resolve', ['nowhere', plain], 'address', 'NAME_UNKNOWN'],
  ['nothing listens', ['down', plain], 'tcp', 'CONNECT_REFUSED'],
  [
    'the host is of another CA',
    [
      'web1',
      tls('other', { ...other.issue(mine), ca: other.ca, crl: other.crl }),
    ],
    'chain and CRL',
    'SERVER_UNKNOWN_CA',
  ],
  ['the host is another', ['wrong', plain], 'certname', 'SERVER_NAME_MISMATCH'],
];
for (const [name, [host = '', config = ''], step, code] of rows) {
  void t.test(`doctor: ${name}`, async (t) => {
    const ended = await runKicker([
      'doctor',
      host,
      '--config',
      config,
      '--json',
    ]);
    t.equal(ended.code, 1, ended.stderr);
    const last: unknown = JSON.parse(
      ended.stdout.trim().split('\n').at(-1) ?? '',
    );
    t.match(last, { version: 1, ok: false, step, code, remedy: /./ });
  });
}

void t.test('doctor: the ACL says no; the agent is disabled', async (t) => {
  kickd.behave({ status: 403, code: 'ACL_DENIED' });
  t.match(await runKicker(['doctor', 'web1', '--config', plain]), {
    code: 1,
    stdout:
      /ok our certificate: .*\nFAIL ACL: .*\n {2}remedy: on .* kickd acl explain/,
  });
  kickd.behave({ status: 403, code: 'PEER_REVOKED', remedy: 'renew it' });
  t.match(await runKicker(['doctor', 'web1', '--config', plain]), {
    code: 1,
    stdout: /FAIL our certificate: .*\n {2}remedy: renew it\n$/,
  });
  kickd.behave('disabled');
  t.match(await runKicker(['doctor', 'web1', '--config', plain]), {
    code: 1,
    stdout:
      /FAIL status: .*DISABLED: by ada.*\n {2}remedy: .*puppet agent --enable/,
  });
});

void t.test('doctor: marks, where the terminal can show them', async (t) => {
  kickd.behave('status');
  const args = ['doctor', 'web1', '--config', plain];
  t.match(
    (await runKicker(args, { LANG: 'C.UTF-8' })).stdout,
    /^✓ certificate/,
  );
  t.match((await runKicker(args, { LANG: 'C' })).stdout, /^ok certificate/);
});

void t.test('ping', async (t) => {
  kickd.behave('status');
  t.match(await runKicker(['ping', 'web1', '--config', plain]), {
    code: 0,
    stdout:
      /^web1: kickd 9\.9\.9; puppet-agent ready; last: corrected Service.*; certificate expires 2031-01-01\n$/,
  });
  const ended = await runKicker([
    'ping',
    'web1',
    'down',
    '--json',
    '-p1',
    '--config',
    plain,
  ]);
  t.equal(ended.code, 4);
  const [first = '', second = ''] = ended.stdout.split('\n');
  t.match(JSON.parse(first), { result: 'ok', status: { version: '9.9.9' } });
  t.match(JSON.parse(second), { result: 'not-sent', exit: 4 });
  kickd.behave('wrong-shape');
  t.match(await runKicker(['ping', 'web1', '--config', plain]), {
    code: 5,
    stdout: /REPLY_UNREADABLE.*\n.*kickd --version/,
  });
});

void t.test('runs', async (t) => {
  kickd.behave('runs');
  t.match(await runKicker(['runs', 'web1', '--config', plain]), {
    code: 0,
    stdout: /^web1: 2026-03-01T00:00:00Z: corrected Service/,
  });
  t.match(await runKicker(['runs', '--config', plain]), { code: 2 });
});

void t.test('check', async (t) => {
  t.match(await runKicker(['check', '--config', plain]), {
    code: 0,
    stdout:
      /^ok configuration: .*\nok rules: built in: 1 automatic\nok certificate: .*\n-- ledger: there is no ledger .*\n {2}remedy: .*\n-- serve: nobody serves.*\n {2}remedy: .*\n-- command file: /,
  });
  const bad = configure({
    prt: 1,
    tls: parties.kicker,
  });
  t.match(await runKicker(['check', '--config', bad]), {
    code: 2,
    stdout: /^FAIL configuration: .*did you mean port/,
  });
  const unread = configure({ nagios: { commandFile: pipe } });
  t.match(await runKicker(['check', '--config', unread]), {
    code: 2,
    stdout: /FAIL command file: nobody reads/,
  });
  const noLedger = configure({ ledger: '/proc/none/l.sqlite' });
  t.match(await runKicker(['check', '--config', noLedger]), {
    code: 2,
    stdout: /FAIL ledger: .*\n {2}remedy: .*install -d/,
  });
  if (process.getuid?.() !== 0) {
    chmodSync(parties.kicker.key, 0);
    t.match(await runKicker(['check', '--config', plain]), {
      code: 2,
      stdout: /FAIL certificate/,
    });
    chmodSync(parties.kicker.key, 0o600);
  }
});

void t.test('help and version', async (t) => {
  for (const name of ['kick', 'ping', 'runs', 'doctor', 'check']) {
    const ended = await runKicker([...name.split(' '), '--help']);
    t.match(ended, { code: 0, stderr: '' });
    t.ok(ended.stdout.startsWith(`kicker ${name} `));
    t.match(ended.stdout, /Exit: 0 all unchanged/);
  }
  t.match((await runKicker(['--help'])).stdout, /kicker serve/);
  t.match(await runKicker(['--version']), {
    stdout: /^kicker \d+\.\d+\.\d+\n$/,
  });
  t.match(await runKicker([]), { code: 2, stderr: /USAGE_COMMAND/ });
  t.match(await runKicker(['kik']), { code: 2, stderr: /did you mean kick\?/ });
});

void t.test('doctor: a monitor of kicker.yaml', async (t) => {
  const dir = t.testdir({
    'kicker.yaml':
      'monitors: {am: {kind: alertmanager, api: {url: "http://127.0.0.1:9/"}}, s: {kind: sensu}}\n',
  });
  const config = `--config=${dir}/kicker.yaml`;
  const sensu = await runKicker(['doctor', '--monitor', 's', config]);
  t.equal(sensu.code, 0);
  t.match(sensu.stdout, /s \(sensu\) hands over its events/);
  const away = await runKicker(['doctor', '--monitor=am', '--json', config]);
  t.equal(away.code, 1);
  t.match(JSON.parse(away.stdout.split('\n')[0] ?? ''), {
    step: 'alertmanager',
    ok: false,
    code: 'MONITOR_UNREACHABLE',
    remedy: String,
  });
  const unknown = await runKicker(['doctor', '--monitor=amm', config]);
  t.equal(unknown.code, 2);
  t.match(unknown.stderr, /amm.*am, s/s);
  const both = await runKicker(['doctor', '--monitor=s', 'web1', config]);
  t.equal(both.code, 2);
});
