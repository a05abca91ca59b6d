import t from 'tap';
import { locatePuppet, type LocateOptions } from '../src/index.ts';

function locate(
  texts: Record<string, string>,
  env: Partial<LocateOptions['env']> = {},
  more: Partial<LocateOptions> = {},
) {
  const files = new Map(Object.entries(texts));
  return locatePuppet({
    files: { readText: (path) => files.get(path) },
    env: { isRoot: true, hostname: 'Web1.Example.com', ...env },
    ...more,
  });
}
const aio = '/etc/puppetlabs/puppet/puppet.conf';
const debian = '/etc/puppet/puppet.conf';

t.strictSame(locate({ [aio]: '[main]\nserver = puppet.example.com\n' }), {
  layout: 'aio',
  confFile: aio,
  certname: 'web1.example.com',
  confdir: '/etc/puppetlabs/puppet',
  ssldir: '/etc/puppetlabs/puppet/ssl',
  tls: {
    cert: '/etc/puppetlabs/puppet/ssl/certs/web1.example.com.pem',
    key: '/etc/puppetlabs/puppet/ssl/private_keys/web1.example.com.pem',
    ca: '/etc/puppetlabs/puppet/ssl/certs/ca.pem',
    crl: '/etc/puppetlabs/puppet/ssl/crl.pem',
  },
  vardir: '/opt/puppetlabs/puppet/cache',
  statedir: '/opt/puppetlabs/puppet/cache/state',
  publicdir: '/opt/puppetlabs/puppet/public',
  lastRunReport: '/opt/puppetlabs/puppet/cache/state/last_run_report.yaml',
  lastRunSummary: '/opt/puppetlabs/puppet/public/last_run_summary.yaml',
  runLock: '/opt/puppetlabs/puppet/cache/state/agent_catalog_run.lock',
  disabledLock: '/opt/puppetlabs/puppet/cache/state/agent_disabled.lock',
  environment: 'production',
  server: 'puppet.example.com',
});

t.match(locate({ [debian]: '' }), {
  layout: 'debian',
  confFile: debian,
  ssldir: '/var/lib/puppet/ssl',
  tls: { key: '/var/lib/puppet/ssl/private_keys/web1.example.com.pem' },
  statedir: '/var/cache/puppet/state',
  lastRunSummary: '/var/cache/puppet/public/last_run_summary.yaml',
  server: 'puppet',
});

const home = '/home/op';
const cases: [string, object, object][] = [
  ['AIO before Debian', locate({ [aio]: '', [debian]: '' }), { layout: 'aio' }],
  [
    '[agent] over [main]',
    locate({
      [debian]:
        '[main]\ncertname=a\nenvironment=x\n[agent]\ncertname = b.example.com\nenvironment = y\n',
    }),
    {
      certname: 'b.example.com',
      environment: 'y',
      tls: { cert: '/var/lib/puppet/ssl/certs/b.example.com.pem' },
    },
  ],
  [
    '[master] by its mode',
    locate({ [debian]: '[master]\ncertname = m\n' }, {}, { mode: 'server' }),
    { certname: 'm' },
  ],
  [
    'Puppet 3 on Debian',
    locate({
      [debian]: '[main]\nvardir=/var/lib/puppet\nssldir=$vardir/ssl\n',
    }),
    { ssldir: '/var/lib/puppet/ssl', statedir: '/var/lib/puppet/state' },
  ],
  [
    'own paths',
    locate({
      [aio]:
        '[agent]\nhostcert = /x/${certname}.crt\nhostprivkey=/x/k\nlocalcacert = $confdir/ca\nhostcrl = /x/crl { mode = 0644 }\n',
    }),
    {
      tls: {
        cert: '/x/web1.example.com.crt',
        key: '/x/k',
        ca: '/etc/puppetlabs/puppet/ca',
        crl: '/x/crl',
      },
    },
  ],
  [
    'a user without places takes those of the host',
    locate({ [aio]: '' }, { isRoot: false, home }),
    { ssldir: '/etc/puppetlabs/puppet/ssl' },
  ],
  [
    'a user with places, AIO',
    locate(
      { [aio]: '', [`${home}/.puppetlabs/etc/puppet/puppet.conf`]: '' },
      { isRoot: false, home },
    ),
    {
      ssldir: `${home}/.puppetlabs/etc/puppet/ssl`,
      statedir: `${home}/.puppetlabs/opt/puppet/cache/state`,
    },
  ],
  [
    'a user with places, Debian',
    locate(
      { [debian]: '', [`${home}/.puppet/etc/puppet.conf`]: '' },
      { isRoot: false, home },
    ),
    {
      ssldir: `${home}/.puppet/etc/ssl`,
      publicdir: `${home}/.puppet/cache/public`,
    },
  ],
  [
    'root looks at no home',
    locate(
      { [debian]: '', [`${home}/.puppet/etc/puppet.conf`]: '' },
      { isRoot: true, home },
    ),
    { ssldir: '/var/lib/puppet/ssl' },
  ],
  [
    'a named file',
    locate(
      { '/srv/p/puppet.conf': '[main]\nssldir = $confdir/tls\n' },
      {},
      { confFile: '/srv/p/puppet.conf' },
    ),
    {
      confdir: '/srv/p',
      ssldir: '/srv/p/tls',
      confFile: '/srv/p/puppet.conf',
      layout: 'debian',
    },
  ],
  [
    'no puppet.conf, but a CA of Debian',
    locate({ '/var/lib/puppet/ssl/certs/ca.pem': 'x' }),
    { layout: 'debian' },
  ],
  [
    'nothing at all',
    locate({}),
    { layout: 'aio', certname: 'web1.example.com' },
  ],
];
for (const [what, got, wanted] of cases) t.match(got, wanted, what);
t.notOk('confFile' in locate({}));
