import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoOpenssl } from '@kickd/testkit';
import { execaSync } from 'execa';
import t from 'tap';
import { readCrl } from '../src/crl.ts';
import { scanPem, type PemBlock } from '../src/pem.ts';

const skip = whyNoOpenssl();

/** CRLs as openssl signs them: what it signs is verified here, or named. */
const splitPem = (text: string): PemBlock[] => scanPem(text, () => true).blocks;
const config = `
[ca]
default_ca = d
[d]
database = index.txt
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_crl_days = 30
[req]
distinguished_name = dn
[dn]
`;

const pss = (salt: string, ...more: string[]): string[] =>
  ['rsa_padding_mode:pss', `rsa_pss_saltlen:${salt}`, ...more].flatMap(
    (option) => ['-sigopt', option],
  );

/** How the key is made, the hash, further words; the name of the algorithm where it is not verified. */
const cases: [key: string[], md: string, more: string[], unknown?: RegExp][] = [
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256'].map(
    (md): [string[], string, string[]] => [['RSA'], md, []],
  ),
  [['RSA'], 'sha3-256', []],
  [['RSA'], 'md5', [], /1\.2\.840\.113549\.1\.1\.4/],
  [['RSA'], 'sha256', pss('32')],
  [['RSA'], 'sha384', pss('48')],
  [['RSA'], 'sha512', pss('0')],
  [['RSA'], 'sha1', pss('20')],
  [['RSA'], 'sha256', pss('max')],
  [
    ['RSA'],
    'sha256',
    pss('32', 'rsa_mgf1_md:sha1'),
    /RSASSA-PSS .*hash sha256, the mask hash sha1/,
  ],
  [['RSA-PSS'], 'sha256', pss('32')],
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map(
    (md): [string[], string, string[]] => [
      ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      md,
      [],
    ],
  ),
  [['EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], 'sha512', []],
  [['EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], 'sha256', []],
  [['EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP384r1'], 'sha384', []],
  [['ED25519'], 'null', []],
  [['ED448'], 'null', []],
];

for (const [key, md, more, unknown] of cases)
  t.test(`${key.at(-1) ?? ''}, ${md} ${more.join(' ')}`, { skip }, (t) => {
    const dir = t.testdir({
      'ca.cnf': config,
      'index.txt': `R\t400101000000Z\t260101000000Z\t0A\tunknown\t/CN=web1\n`,
      crlnumber: '05\n',
    });
    const openssl = (...args: string[]): void => {
      execaSync('openssl', args, { cwd: dir });
    };
    openssl('genpkey', '-algorithm', ...key, '-out', 'ca.key');
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      'ca.key',
      '-subj',
      '/CN=Test CA',
      '-days',
      '30',
      '-out',
      'ca.pem',
      '-config',
      'ca.cnf',
    );
    openssl(
      'ca',
      '-config',
      'ca.cnf',
      '-gencrl',
      '-md',
      md,
      ...more,
      '-out',
      'crl.pem',
    );
    const read = (name: string) => readFileSync(join(dir, name), 'latin1');
    const ca = new X509Certificate(read('ca.pem'));
    const [block] = splitPem(read('crl.pem'));
    if (block === undefined) throw new Error('no CRL');
    const crl = readCrl(block.der);
    t.same([...crl.revoked], ['0A']);
    t.equal(crl.number, 5n);
    if (unknown) {
      t.match(crl.obstacle ?? 'understood', unknown);
      t.notOk(crl.isSignedBy(ca));
      t.end();
      return;
    }
    t.equal(crl.obstacle, undefined);
    t.ok(crl.isSignedBy(ca), 'verified');
    const changed = Buffer.from(block.der);
    // within the serial number of the entry
    const at = changed.indexOf(Buffer.from('02010a', 'hex'));
    changed[at + 2] = 0x0b;
    t.notOk(readCrl(changed).isSignedBy(ca), 'another entry is not');
    openssl('genpkey', '-algorithm', ...key, '-out', 'ca.key');
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      'ca.key',
      '-subj',
      '/CN=Test CA',
      '-days',
      '30',
      '-out',
      'other.pem',
      '-config',
      'ca.cnf',
    );
    const other = new X509Certificate(read('other.pem'));
    t.ok(crl.isNamedAs(other));
    t.notOk(crl.isSignedBy(other), 'nor by another key of the same name');
    t.end();
  });
