import t from 'tap';
import { Value } from 'typebox/value';
import { Kick } from '../src/index.ts';

const least = {
  kick: '0193a000-0000-7000-8000-000000000001',
  certname: 'web1.example.com',
};

const good: Record<string, object> = {
  'the least': {},
  everything: {
    cm: 'puppet-agent',
    tags: ['httpd', 'a::b', '_x', '1'],
    noop: true,
    environment: 'production_2',
    expires: '2026-11-22T10:00:00Z',
    because: {
      monitor: 'nagios',
      host: 'web1',
      service: 'HTTP – Apache',
      state: 'CRITICAL HARD',
      problem: '17',
      since: '2026-11-22T10:00:00.123Z',
    },
  },
};
for (const [name, more] of Object.entries(good)) {
  t.ok(Value.Check(Kick, { ...least, ...more }), name);
}

const bad: Record<string, object> = {
  'an id of another version': { kick: '0193a000-0000-4000-8000-000000000001' },
  'an id in capitals': { kick: '0193A000-0000-7000-8000-000000000001' },
  'an id with a newline': { kick: `${least.kick}\n` },
  'a certname in capitals': { certname: 'WEB1.example.com' },
  'a certname with a wildcard': { certname: '*.example.com' },
  'an empty certname': { certname: '' },
  'a certname with a slash': { certname: '../x' },
  'a certname of 254 characters': { certname: 'a'.repeat(254) },
  'no tags in tags': { tags: [] },
  'a tag twice': { tags: ['a', 'a'] },
  'a tag in capitals': { tags: ['Httpd'] },
  'a tag with a comma': { tags: ['a,b'] },
  'a tag that is an option': { tags: ['--noop'] },
  'a tag with a blank': { tags: ['a b'] },
  '33 tags': { tags: Array.from({ length: 33 }, (_, n) => `t${String(n)}`) },
  'an environment with a dash': { environment: 'a-b' },
  'an environment that is a path': { environment: '../x' },
  'a date without a zone': { expires: '2026-11-22T10:00:00' },
  'a date of another zone': { expires: '2026-11-22T10:00:00+01:00' },
  'a date that is none': { expires: '2026-13-22T10:00:00Z' },
  'a service with an escape': { because: { service: 'a\u001b[31m' } },
  'a service with a line separator': { because: { service: 'a\u2028b' } },
  'a reason within a reason': { because: { because: {} } },
  'a profile with a slash': { cm: 'a/b' },
};
for (const [name, more] of Object.entries(bad)) {
  t.notOk(Value.Check(Kick, { ...least, ...more }), name);
}
