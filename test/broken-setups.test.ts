import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createPrivateKey } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createPki, writeSsl, type IssueOptions } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { createSite, host } from './crash/site.ts';
import { buildKickd } from './crash/kickd.ts';
import { startToEnd, type Ended } from './broken/start-to-end.ts';

const errorsPage = readFileSync(
  join(import.meta.dirname, '../docs/errors.md'),
  'utf8',
);
const dayMs = 24 * 60 * 60 * 1000;
const at = (days: number): Date => new Date(Date.now() + days * dayMs);

interface Site {
  dir: string;
  config: string;
  ssl(name: string): string;
}
/** Damages the site; what it gives back is set in the environment. */
type Damage = (site: Site) => Record<string, string> | void;
interface Broken {
  what: string;
  damage: Damage;
  code: string;
  /** the command, where it is not `serve` */
  command?: string[];
}

/** Replaces a part of the configuration's text. */
const edit =
  (from: string | RegExp, to: string): Damage =>
  ({ config }) => {
    const text = readFileSync(config, 'utf8');
    const changed = text.replace(from, to);
    if (changed === text)
      throw new Error(`nothing to replace: ${String(from)}`);
    writeFileSync(config, changed);
  };
const add =
  (line: string): Damage =>
  ({ config }) =>
    appendFileSync(config, line);
const write =
  (name: string, text: string | ((site: Site) => string)): Damage =>
  (site) =>
    writeFileSync(site.ssl(name), typeof text === 'string' ? text : text(site));
const remove =
  (name: string): Damage =>
  ({ ssl }) =>
    rmSync(ssl(name));
const acl =
  (text: string): Damage =>
  ({ dir }) =>
    writeFileSync(join(dir, 'auth.conf'), text);
const variable =
  (name: string, value: string): Damage =>
  () => ({ [name]: value });
/** Another certificate, of a PKI of its own, with all that belongs to it. */
const reissue =
  (
    leaf: Partial<IssueOptions>,
    pki: Parameters<typeof createPki>[0] = {},
  ): Damage =>
  ({ dir }) => {
    const made = createPki(pki);
    writeSsl(join(dir, host), {
      ...made.issue({ certname: host, ...leaf }),
      ca: made.ca,
      crl: made.crl,
    });
  };
const cutOff = (name: string): Damage =>
  write(name, ({ ssl }) => readFileSync(ssl(name), 'utf8').slice(0, -60));
const directoryFor =
  (path: (site: Site) => string): Damage =>
  (site) => {
    rmSync(path(site), { force: true });
    mkdirSync(path(site), { recursive: true });
  };

const files: [string, Damage, string][] = [
  ['a certificate that is not there', remove('cert'), 'TLS_FILE_MISSING'],
  ['a key that is not there', remove('key'), 'TLS_FILE_MISSING'],
  ['a CA bundle that is not there', remove('ca'), 'TLS_FILE_MISSING'],
  ['a CRL that is not there', remove('crl'), 'TLS_FILE_MISSING'],
  ['an empty certificate', write('cert', ''), 'TLS_FILE_EMPTY'],
  ['an empty key', write('key', ''), 'TLS_FILE_EMPTY'],
  ['an empty CA bundle', write('ca', ''), 'CA_EMPTY'],
  ['an empty CRL', write('crl', ''), 'CRL_EMPTY'],
  ['a certificate that is none', write('cert', 'hello\n'), 'CERT_EMPTY'],
  ['a key that is none', write('key', 'hello\n'), 'KEY_EMPTY'],
  ['a CRL of comments', write('crl', '# none\n'), 'CRL_EMPTY'],
  ['a certificate cut off', cutOff('cert'), 'TLS_FILE_DAMAGED'],
  ['a CRL cut off', cutOff('crl'), 'TLS_FILE_DAMAGED'],
  [
    'a CRL in DER',
    ({ ssl }) => {
      const text = readFileSync(ssl('crl'), 'utf8');
      const [block = ''] = /[A-Za-z0-9+/=\n]{200,}/.exec(text) ?? [];
      writeFileSync(ssl('crl'), Buffer.from(block, 'base64'));
    },
    'TLS_FILE_DER',
  ],
  [
    'a directory in place of the key',
    directoryFor(({ ssl }) => ssl('key')),
    'KEY_UNREADABLE',
  ],
  [
    'a link that leads in a circle',
    ({ ssl }) => {
      rmSync(ssl('crl'));
      symlinkSync(ssl('crl'), ssl('crl'));
    },
    'TLS_FILE_UNREADABLE',
  ],
];

const trust: [string, Damage, string][] = [
  [
    'the key of another',
    write('key', () => createPki().issue({ certname: host }).key),
    'CERT_KEY_MISMATCH',
  ],
  [
    'an encrypted key',
    write('key', ({ ssl }) =>
      String(
        createPrivateKey(readFileSync(ssl('key'))).export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: 'secret',
        }),
      ),
    ),
    'KEY_ENCRYPTED',
  ],
  [
    'one CRL of two',
    write('crl', ({ ssl }) =>
      readFileSync(ssl('crl'), 'utf8').replace(
        /-END X509 CRL-----\n[^]*/,
        '-END X509 CRL-----\n',
      ),
    ),
    'CRL_NOT_COVERING',
  ],
  [
    'a CRL of another CA',
    write('crl', () => createPki().crl),
    'CRL_NOT_COVERING',
  ],
  [
    'another CA',
    write('ca', () => createPki({ name: 'other' }).ca),
    'CERT_UNKNOWN_CA',
  ],
  [
    'an expired certificate',
    reissue({ notBefore: at(-9), notAfter: at(-1) }),
    'CERT_EXPIRED',
  ],
  [
    'a certificate of tomorrow',
    reissue({ notBefore: at(1) }),
    'CERT_NOT_YET_VALID',
  ],
  ['an expired CRL', reissue({}, { crlNextUpdate: at(-1) }), 'CRL_EXPIRED'],
  [
    'a certificate for clients alone',
    reissue({ eku: ['clientAuth'] }),
    'CERT_USAGE',
  ],
  [
    'a certificate with two names',
    reissue({
      subject: [
        ['CN', host],
        ['CN', 'b'],
      ],
    }),
    'CERT_NAME',
  ],
  [
    "another host's certificate",
    reissue({ certname: 'web2.example.com' }),
    'CERTNAME_DIFFERS',
  ],
  ['a short key', reissue({ key: 'rsa1024' }), 'TLS_NOT_TAKEN'],
  [
    'an intermediate that is no CA',
    reissue({}, { intermediateIs: 'no-ca' }),
    'CA_NOT_A_CA',
  ],
];

const settings: [string, Damage, string][] = [
  ['an unknown setting', add('colour: red\n'), 'CONFIG_INVALID'],
  ['a setting twice', add(`certname: ${host}\n`), 'CONFIG_INVALID'],
  ['a text for a number', edit('port: 0', 'port: many'), 'CONFIG_INVALID'],
  ['a port beyond ports', edit('port: 0', 'port: 65536'), 'CONFIG_INVALID'],
  ['a tab in YAML', add('\tx: 1\n'), 'CONFIG_INVALID'],
  ['no configuration', ({ config }) => rmSync(config), 'CONFIG_UNREADABLE'],
  [
    'a directory in place of the configuration',
    directoryFor(({ config }) => config),
    'CONFIG_UNREADABLE',
  ],
  [
    'a profile that is not there',
    edit('default: tool', 'default: none'),
    'CONFIG_INVALID',
  ],
  ['an address of another', edit('127.0.0.1', '192.0.2.1'), 'LISTEN_FAILED'],
  [
    'an audit file that cannot be',
    edit(/audit: .*/, 'audit: {file: /proc/none/audit.log}'),
    'AUDIT_UNUSABLE',
  ],
  [
    'a directory in place of the journal',
    directoryFor(({ dir }) => join(dir, 'state', 'journal.sqlite')),
    'JOURNAL_UNUSABLE',
  ],
  [
    'a state folder that cannot be',
    edit(/state: .*/, 'state: /proc/none/kickd'),
    'JOURNAL_UNUSABLE',
  ],
  ['rules that do not parse', acl('path\n'), 'ACL_'],
  ['a rule for everybody', acl('path /\nallow *\n'), 'ACL_'],
  ['a regex without an end', acl('path ~ ^/(run\nallow a\n'), 'ACL_'],
  ['a word that no rule has', acl('path /run\ngrant a\n'), 'ACL_'],
  [
    'a directory in place of the rules',
    directoryFor(({ dir }) => join(dir, 'auth.conf')),
    'ACL_UNREADABLE',
  ],
  [
    'NODE_OPTIONS set',
    variable('NODE_OPTIONS', '--max-http-header-size=9000'),
    'ENVIRONMENT_UNSAFE',
  ],
  [
    'OPENSSL_CONF set',
    variable('OPENSSL_CONF', '/dev/null'),
    'ENVIRONMENT_UNSAFE',
  ],
  [
    'more CAs to trust',
    variable('NODE_EXTRA_CA_CERTS', '/dev/null'),
    'ENVIRONMENT_UNSAFE',
  ],
];

const open =
  (mode: number, path: (site: Site) => string): Damage =>
  (site) =>
    chmodSync(path(site), mode);
const given =
  (path: (site: Site) => string): Damage =>
  (site) =>
    chownSync(path(site), 12345, 12345);
const configFile = ({ config }: Site): string => config;
const aclFile = ({ dir }: Site): string => join(dir, 'auth.conf');
const folder = ({ dir }: Site): string => dir;

const access: [string, Damage, string][] = [
  [
    'a key that everybody may read',
    open(0o644, ({ ssl }) => ssl('key')),
    'KEY_EXPOSED',
  ],
  [
    'a CA bundle that everybody may change',
    open(0o666, ({ ssl }) => ssl('ca')),
    'TLS_FILE_WRITABLE',
  ],
  [
    'a CRL that everybody may change',
    open(0o666, ({ ssl }) => ssl('crl')),
    'TLS_FILE_WRITABLE',
  ],
  [
    'a configuration that everybody may change',
    open(0o646, configFile),
    'FILE_WRITABLE',
  ],
  ['rules that everybody may change', open(0o646, aclFile), 'FILE_WRITABLE'],
  ['a folder that everybody may change', open(0o777, folder), 'FILE_WRITABLE'],
];
const owners: typeof access = [
  ["another user's configuration", given(configFile), 'FILE_OWNER'],
  ["another user's rules", given(aclFile), 'FILE_OWNER'],
  ["another user's folder", given(folder), 'FILE_OWNER'],
];
/** Only root can give a file away. */
const isRoot = process.getuid?.() === 0;

const halves: Broken[] = [
  {
    what: 'a certificate among the credentials and no key',
    damage: ({ dir }) => {
      mkdirSync(join(dir, 'credentials'));
      writeFileSync(join(dir, 'credentials', 'cert.pem'), '');
      return { CREDENTIALS_DIRECTORY: join(dir, 'credentials') };
    },
    code: 'CREDENTIALS_INCOMPLETE',
    command: ['listen'],
  },
  {
    what: "a runner's socket where there is no folder",
    damage: () => undefined,
    code: 'RUNNER_SOCKET',
    command: ['runner', '--socket=/proc/none/runner.sock'],
  },
];

const broken: Broken[] = [
  ...[
    ...files,
    ...trust,
    ...settings,
    ...access,
    ...(isRoot ? owners : []),
  ].map(([what, damage, code]) => ({
    what,
    damage,
    code,
  })),
  ...halves,
];

t.ok(broken.length >= 40, `${String(broken.length)} broken set-ups`);
const kickd = await buildKickd(t.testdir({}));
const slowest = { ms: 0, what: '' };
t.jobs = 3;

/** One line and its remedy, for each thing that is wrong. */
function expectRefusal(t: Test, ended: Ended, code: string): void {
  t.ok(ended.exit === 2 || ended.exit === 3, `exit ${String(ended.exit)}`);
  const lines = ended.errors.trimEnd().split('\n');
  const told = lines.filter((line) => !line.startsWith('  remedy: '));
  const codes = told.map((line) => /^kickd: ([A-Z0-9_]+): /.exec(line)?.[1]);
  t.equal(lines.length, 2 * told.length, `a remedy each: ${ended.errors}`);
  t.notOk(codes.includes(undefined), 'one line each');
  const found = codes.find((one) => one?.startsWith(code));
  t.match(errorsPage, `\`${found ?? code}\``, 'listed in docs/errors.md');
}

for (const { what, damage, code, command = ['serve'] } of broken) {
  t.test(`no start with ${what}`, { buffered: true }, async (t) => {
    const dir = t.testdir({});
    const { configFile: config } = createSite(dir);
    const ssl = (name: string): string => join(dir, host, `${name}.pem`);
    const environment = damage({ dir, config, ssl }) ?? {};
    const args = [...command, `--config=${config}`];
    const ended = await startToEnd([...kickd, ...args], environment);
    expectRefusal(t, ended, code);
    if (ended.ms > slowest.ms) Object.assign(slowest, { ms: ended.ms, what });
  });
}

t.test('no start on a port that is taken', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const dir = t.testdir({});
  const { configFile: config } = createSite(dir);
  edit('port: 0', `port: ${String(port)}`)({ dir, config, ssl: () => '' });
  const command = [...kickd, 'serve', `--config=${config}`];
  expectRefusal(t, await startToEnd(command, {}), 'LISTEN_IN_USE');
});

t.test('and a start where nothing is wrong', async (t) => {
  const { configFile } = createSite(t.testdir({}));
  const command = [...kickd, 'check', `--config=${configFile}`];
  const { exit, errors } = await startToEnd(command, {});
  t.same({ exit, errors }, { exit: 0, errors: '' });
  const { ms, what } = slowest;
  t.comment(`slowest to end: ${ms.toFixed(0)} ms, with ${what}`);
});
