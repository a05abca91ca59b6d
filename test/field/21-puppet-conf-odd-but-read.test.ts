import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locatePuppet, type PuppetPlaces } from '@kickd/mtls';
import t from 'tap';
import { web } from '../../packages/agent/test/fixture.ts';
import { createPrograms, createTlsLab, writeKickdConfig } from './tls-lab.ts';

/** Odd files that are read as `puppet config print --section agent --config FILE` of 7.23 reads them. */
const folder = join(import.meta.dirname, '21-puppet-conf-odd-but-read');
const cases: [string, Partial<PuppetPlaces>][] = [
  [
    'comment.conf',
    {
      // behind a value there is no comment, in Puppet either
      certname: 'web1.example.com\t\t# my own name',
      server: 'puppet.example.com\t\t# the master',
      ssldir: '/var/cache/puppet/ssl',
    },
  ],
  [
    'order.conf',
    {
      certname: 'web2.example.com',
      server: 'puppet.example.com',
      ssldir: '/var/lib/puppet/ssl/',
      statedir: '/var/lib/puppet/state',
    },
  ],
  [
    'quotes.conf',
    {
      certname: 'web3.example.com',
      server: 'puppet.example.com',
      ssldir: '/etc/pki/puppet',
      environment: 'production',
    },
  ],
  ['bomcrlf.conf', { certname: 'web4.example.com' }],
];
for (const [name, wanted] of cases) {
  const places = locatePuppet({
    files: { readText: () => readFileSync(join(folder, name), 'utf8') },
    env: { isRoot: true, hostname: 'here.example.com' },
    confFile: '/etc/puppet/puppet.conf',
  });
  t.match(places, wanted, name);
}

t.test('a certificate that names nobody is told once', async (t) => {
  const lab = createTlsLab(t);
  const { kickd } = await createPrograms(lab.dir);
  const shared = { ca: lab.ca.cert, crl: lab.crl() };
  const subjects: [string, [string, string][]][] = [
    [
      'two CNs',
      [
        ['CN', web],
        ['CN', 'b'],
      ],
    ],
    ['capitals', [['CN', 'WEB1.example.com']]],
    ['no CN', [['O', 'Example']]],
  ];
  for (const [what, subject] of subjects) {
    const leaf = lab.pki.issue({
      certname: web,
      subject: subject as never,
      san: null,
    });
    const config = writeKickdConfig(join(lab.dir, 'kickd'), {
      ...leaf,
      ...shared,
    });
    const { text } = await kickd('check', '--config', config);
    t.match(text, /CERT_NAME/, what);
    t.notMatch(text, /CERTNAME_DIFFERS|is for ,/, what);
  }
  const other = writeKickdConfig(join(lab.dir, 'kickd'), {
    ...lab.leaf('web9.example.com'),
    ...shared,
  });
  const { text } = await kickd('check', '--config', other);
  t.match(
    text,
    /CERTNAME_DIFFERS.*\n?.*is for web9.example.com, the configuration says web1/s,
  );
});
