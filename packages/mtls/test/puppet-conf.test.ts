import t from 'tap';
import { createSettings, parsePuppetConf } from '../src/puppet-conf.ts';

const text = `
# a comment
; not a setting
ssldir = /main/ssl
[main]
  vardir=/var/x
certdir = \${ssldir}/certs   
quoted = "a b"
single = 'c'
owned = /a/b { owner = service, mode = 0771 }
hash = a # b
odd line
loop = $pool
pool = $loop
lost = $nobody
[agent]
certname = Web1.example.com
server = one
[master]
certname = master.example.com
[ main ]
ssldir = /not/a/section/header
`;
const agent = createSettings(parsePuppetConf(text), 'agent', {
  extra: '$vardir/y',
  vardir: '/default',
});
const cases: [string, string | undefined][] = [
  ['vardir', '/var/x'],
  ['extra', '/var/x/y'],
  ['quoted', 'a b'],
  ['single', 'c'],
  ['owned', '/a/b'],
  ['hash', 'a # b'],
  ['certname', 'Web1.example.com'],
  ['server', 'one'],
  ['missing', undefined],
  ['certdir', '/main/ssl/certs'],
];
for (const [setting, value] of cases) t.equal(agent(setting), value, setting);
t.equal(
  createSettings(parsePuppetConf(text), 'server', {})('certname'),
  'master.example.com',
);
t.equal(
  createSettings(parsePuppetConf(text), 'server', {})('server'),
  undefined,
);
t.throws(() => agent('loop'), {
  code: 'PUPPET_CONF_VARIABLE',
  message: /pool|loop/,
});
t.throws(() => agent('lost'), {
  code: 'PUPPET_CONF_VARIABLE',
  message: /\$nobody/,
  remedy: /puppet config print/,
});
t.equal(
  createSettings(parsePuppetConf(''), 'agent', { a: '$b', b: 'c' })('a'),
  'c',
);
