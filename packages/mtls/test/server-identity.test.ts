import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { createPki, writeSsl, type IssueOptions } from '@kickd/testkit';
import t from 'tap';
import { readMaterialSync } from '../src/material.ts';
import {
  createServerIdentityCheck,
  peerCertnameError,
} from '../src/server-identity.ts';

const web1 = 'web1.example.com';
const pki = createPki({ tier: 'single' });
/** A certificate as Node gives it to `checkServerIdentity`. */
const shown = (options: Partial<IssueOptions> = {}): PeerCertificate =>
  new X509Certificate(
    pki.issue({ certname: web1, ...options }).cert,
  ).toLegacyObject();
const isNot = `the host that answered is not ${web1}:`;

const refused: [
  string,
  Partial<IssueOptions>,
  code: string,
  message: string,
][] = [
  [
    'another host',
    { certname: 'web2.example.com' },
    'SERVER_NAME_MISMATCH',
    `${isNot} it is web2.example.com`,
  ],
  [
    'another host that has our name beside its own',
    { certname: 'web2.example.com', san: ['web2.example.com', web1] },
    'SERVER_NAME_MISMATCH',
    `${isNot} it is web2.example.com`,
  ],
  [
    'a wildcard',
    { certname: '*.example.com' },
    'SERVER_NAME_MISMATCH',
    `${isNot} CN *.example.com is not a certname`,
  ],
  [
    'capitals',
    { certname: 'WEB1.example.com' },
    'SERVER_NAME_MISMATCH',
    `${isNot} CN WEB1.example.com is not a certname`,
  ],
  [
    'two CNs',
    {
      subject: [
        ['CN', web1],
        ['CN', 'web2.example.com'],
      ],
    },
    'SERVER_NAME_MISMATCH',
    `${isNot} several CNs: ${web1} + web2.example.com`,
  ],
  [
    'other DNS names',
    { san: ['puppet'] },
    'SERVER_NAME_MISMATCH',
    `${isNot} CN ${web1} is not among the DNS names puppet`,
  ],
  [
    'for clients alone',
    { eku: ['clientAuth'] },
    'SERVER_USAGE',
    `the certificate of ${web1} is not made for serverAuth`,
  ],
  [
    'for nothing that is said',
    { eku: null },
    'SERVER_USAGE',
    `the certificate of ${web1} is not made for serverAuth`,
  ],
  [
    'for any use',
    { eku: ['anyExtendedKeyUsage'] },
    'SERVER_USAGE',
    `the certificate of ${web1} is not made for serverAuth`,
  ],
];
const accepted: [string, Partial<IssueOptions>][] = [
  ['as the CA signs it', {}],
  ['without DNS names', { san: null }],
  ['among several DNS names', { san: ['puppet', web1] }],
  ['for servers alone', { eku: ['serverAuth'] }],
];

t.test('one certname, exactly, for a server', (t) => {
  for (const [what, options] of accepted)
    t.equal(peerCertnameError(web1, shown(options)), undefined, what);
  for (const [what, options, code, message] of refused)
    t.match(
      peerCertnameError(web1, shown(options)),
      { name: 'Fault', code, message, exitCode: 3 },
      what,
    );
  t.end();
});

t.test('and on no CRL that counts, whatever was dialled', (t) => {
  const own = pki.issue({ certname: 'monitor.example.com' });
  const check = (crl: string) => {
    const files = writeSsl(t.testdir({}), { ...own, ca: pki.ca, crl });
    return createServerIdentityCheck(web1, readMaterialSync(files));
  };
  const gone = pki.issue({ certname: web1 });
  const goneShown = new X509Certificate(gone.cert).toLegacyObject();
  const before = check(pki.crl);
  pki.revoke(gone.cert);
  const after = check(pki.crl);
  for (const dialled of [web1, '192.0.2.1', 'web2.example.com']) {
    t.equal(before(dialled, goneShown), undefined);
    t.equal(after(dialled, shown()), undefined);
    t.match(after(dialled, goneShown), {
      name: 'Fault',
      code: 'SERVER_REVOKED',
      message: `${web1} is not trusted: its certificate is revoked`,
      exitCode: 3,
    });
  }
  t.match(
    after(web1, shown({ certname: 'web2.example.com' })),
    { code: 'SERVER_NAME_MISMATCH' },
    'the name of another',
  );
  t.end();
});

t.test('a CA that is not ours is for OpenSSL to refuse', (t) => {
  const other = createPki({ tier: 'single', name: 'other' });
  const files = writeSsl(t.testdir({}), {
    ...other.issue({ certname: 'monitor.example.com' }),
    ca: other.ca,
    crl: other.crl,
  });
  const check = createServerIdentityCheck(web1, readMaterialSync(files));
  t.equal(check(web1, shown()), undefined);
  t.end();
});
