import t from 'tap';
import { probesAsSelf, probesOf } from '../../src/config/probes.ts';
import type { Profile } from '../../src/config/schema.ts';

const profile = (more: object): Profile => ({ type: 'puppet-agent', ...more });
const probe = {
  argv: ['/usr/lib/nagios/plugins/check_http', '-H', 'localhost'],
};
const asked = {
  file: '/usr/lib/nagios/plugins/check_http',
  argv: ['-H', 'localhost'],
  user: 'nobody',
  timeoutMs: 10_000,
};

t.test('each service has its own probe, and no other', async (t) => {
  t.strictSame([...probesOf(profile({}))], []);
  t.strictSame(
    [...probesOf(profile({ services: { HTTP: ['a'] }, probe }))],
    [['HTTP', asked]],
  );
  const own = { argv: ['/p'], user: 'nagios', timeoutSeconds: 2 };
  t.strictSame(
    [...probesOf(profile({ probes: { HTTP: probe, SSH: own } }))],
    [
      ['HTTP', asked],
      ['SSH', { file: '/p', argv: [], user: 'nagios', timeoutMs: 2000 }],
    ],
  );
});

t.test('a name that every object has is no service', async (t) => {
  const probes = probesOf(profile({ probes: { HTTP: probe } }));
  for (const name of ['constructor', '__proto__', 'http', 'HTTP ', '']) {
    t.equal(probes.get(name), undefined, name);
  }
});

t.test('who is not root says as whom it asks', async (t) => {
  const given = new Map([
    ['a', profile({ probes: { HTTP: probe, SSH: probe } })],
    ['b', profile({ probes: { HTTP: { ...probe, user: 'nagios' } } })],
  ]);
  const without = new Map([['a', profile({})]]);
  t.strictSame(probesAsSelf(given, true), []);
  t.strictSame(probesAsSelf(without, false), []);
  t.match(probesAsSelf(given, false), [
    {
      code: 'PROBE_AS_SELF',
      message:
        'kickd is not root, so it starts its probes as itself and not as nobody, nagios',
      remedy: /sudo kickd foreground/,
    },
  ]);
});
