import t from 'tap';
import type { PuppetPlaces } from '@kickd/mtls';
import { resolveSettings } from '../../src/config/settings.ts';

const puppet = {
  certname: 'web1.example.com',
  tls: {},
} as PuppetPlaces;

const cases: [string, Parameters<typeof resolveSettings>[0], string][] = [
  ['nothing said', {}, '/var/log/kickd/audit.log'],
  [
    'the default state, said',
    { state: '/var/lib/kickd' },
    '/var/log/kickd/audit.log',
  ],
  ['a journal elsewhere', { state: '/tmp/trial' }, '/tmp/trial/audit.log'],
  [
    'both said',
    { state: '/tmp/trial', audit: { file: '/tmp/a.log' } },
    '/tmp/a.log',
  ],
];
for (const [name, config, file] of cases) {
  t.test(`the audit file: ${name}`, (t) => {
    t.equal(resolveSettings(config, puppet, {}).audit.file, file);
    t.end();
  });
}
