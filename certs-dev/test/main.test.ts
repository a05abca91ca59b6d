import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');
const run = (...args: string[]): string =>
  execaSync(process.execPath, [main, ...args]).stdout;
const mode = (file: string): number => statSync(file).mode & 0o777;

t.test("writes Puppet's layout, keeps the CA, revokes", async (t) => {
  const out = t.testdir({});
  const first = run(
    '--out',
    out,
    'monitor.example.com',
    'web1.example.com',
    'web2.example.com',
  );
  t.match(first, /web2\.example\.com\/ \(EC\)/);
  t.match(first, /next: openssl x509 -in /);
  for (const name of [
    'monitor.example.com',
    'web1.example.com',
    'web2.example.com',
  ]) {
    const cert = new X509Certificate(
      readFileSync(join(out, name, 'certs', `${name}.pem`)),
    );
    t.equal(cert.subject, `CN=${name}`);
    t.equal(mode(join(out, name, 'private_keys')), 0o750);
    t.equal(mode(join(out, name, 'private_keys', `${name}.pem`)), 0o640);
    t.match(
      readFileSync(join(out, name, 'crl.pem'), 'utf8').match(/BEGIN X509 CRL/g),
      { length: 2 },
    );
  }
  t.equal(mode(join(out, 'ca', 'pki.json')), 0o600);
  const ca = readFileSync(join(out, 'ca', 'ca_crt.pem'), 'utf8');
  t.match(
    run('--out', out, 'web1.example.com', 'web3.example.com'),
    /web1\.example\.com is there already/,
  );
  t.equal(
    readFileSync(join(out, 'web3.example.com', 'certs', 'ca.pem'), 'utf8'),
    ca,
  );
  const before = readFileSync(join(out, 'web1.example.com', 'crl.pem'), 'utf8');
  t.match(
    run('revoke', 'web3.example.com', '--out', out),
    /web3\.example\.com is revoked/,
  );
  const after = readFileSync(join(out, 'web1.example.com', 'crl.pem'), 'utf8');
  t.not(after, before);
  t.equal(after, readFileSync(join(out, 'ca', 'ca_crl.pem'), 'utf8'));
});

t.test('one CA, one CRL', async (t) => {
  const out = t.testdir({});
  run('--out', out, '--tier', 'single', 'a.example.com');
  t.equal(
    readFileSync(join(out, 'a.example.com', 'certs', 'ca.pem'), 'utf8').match(
      /BEGIN/g,
    )?.length,
    1,
  );
  t.equal(
    readFileSync(join(out, 'a.example.com', 'crl.pem'), 'utf8').match(/BEGIN/g)
      ?.length,
    1,
  );
});

t.test('says what it does not understand', async (t) => {
  const out = t.testdir({});
  const cases: [string[], RegExp][] = [
    [['--tier', 'three'], /--tier is two or single/],
    [['../evil'], /"\.\.\/evil" is not a certname/],
    [['Web1'], /is not a certname/],
    [['ca'], /is not a certname/],
    [['--nope'], /nope/],
    [['revoke'], /revoke one NAME/],
    [['revoke', 'a'], /no CA in/],
  ];
  for (const [args, message] of cases) {
    const { exitCode, stderr } = execaSync(
      process.execPath,
      [main, '--out', out, ...args],
      { reject: false },
    );
    t.equal(exitCode, 2);
    t.match(stderr, message);
    t.match(stderr, /npm run certs -- /);
  }
});
