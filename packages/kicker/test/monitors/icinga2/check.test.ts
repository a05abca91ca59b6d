import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createPki, writeSsl } from '@kickd/testkit';
import type { ApiPlace } from '../../../src/io/monitor-api.ts';
import { createIcinga2 } from '../../../src/monitors/icinga2/adapter.ts';
import { permissions } from '../../../src/monitors/icinga2/requests.ts';
import type { CheckStep } from '../../../src/ports.ts';
import { broken, startFakeIcinga, type FakeIcinga } from './fake-icinga.ts';

const dir = t.testdir();
const serverName = 'monitor.example.com';
const pki = createPki({ tier: 'single', name: 'Icinga' });
const leaf = pki.issue({ certname: serverName });
const files = writeSsl(join(dir, 'own'), {
  ...pki.issue({ certname: 'kicker.example.com' }),
  ca: pki.ca,
  crl: pki.crl,
});
const stranger = createPki({ tier: 'single', name: 'Other' });
const other = writeSsl(join(dir, 'other'), {
  ...stranger.issue({ certname: 'kicker.example.com' }),
  ca: stranger.ca,
  crl: stranger.crl,
});

async function start(
  t: Test,
  tls?: Parameters<typeof startFakeIcinga>[0],
): Promise<FakeIcinga> {
  const fake = await startFakeIcinga(tls);
  t.teardown(() => fake.close());
  fake.permissions = [...permissions];
  fake.setService('web1.example.com!http', broken(700));
  return fake;
}

async function check(
  fake: FakeIcinga,
  more: Partial<ApiPlace> = {},
): Promise<CheckStep[]> {
  const monitor = createIcinga2(
    'icinga',
    { kind: 'icinga2', author: 'kicker', api: { url: fake.url, ...more } },
    {
      now: () => new Date(),
      pause: async () => {},
      knowsHost: () => false,
      onTrouble: () => {},
    },
  );
  const steps = [];
  for await (const step of monitor.check(new AbortController().signal)) {
    steps.push(step);
  }
  return steps;
}

const failures = (steps: readonly CheckStep[]): (string | undefined)[] =>
  steps.filter(({ ok }) => ok === false).map(({ code }) => code);

void t.test('all is well', async (t) => {
  const fake = await start(t, leaf);
  const steps = await check(fake, { ca: files.ca, serverName });
  t.ok(steps.every(({ ok }) => ok === true));
  t.match(
    steps.map(({ step, text }) => `${step}: ${text}`),
    [
      /^icinga api: https:.* answers$/,
      /^icinga tls: .*trust settings of its own.*no CRL/,
      /^icinga user: kicker, Icinga r2\.13\.6-1$/,
      /^icinga rights: all that kicker uses$/,
      /^icinga clock: /,
      /^icinga objects: 1 host, 1 problem by now$/,
    ],
  );
  t.equal(steps.length, 6);
  const withCrl = await check(fake, {
    ca: files.ca,
    crl: files.crl,
    serverName,
  });
  t.notMatch(withCrl[1]?.text, /no CRL/);
  const plain = await start(t);
  t.match((await check(plain))[1]?.text, /no TLS, on loopback/);
});

void t.test('it cannot be reached, and why', async (t) => {
  const fake = await start(t, leaf);
  const revoked = pki.issue({ certname: serverName });
  const ca = files.ca;
  const none = join(dir, 'none.pem');
  writeFileSync(join(dir, 'text.pem'), 'text');
  // Each row: the settings, and the code of the one failure.
  const rows: [Partial<ApiPlace>, string][] = [
    [{ ca }, 'ICINGA_TLS_NAME'],
    [{ ca, serverName: 'x.example.com' }, 'ICINGA_TLS_NAME'],
    [{ serverName }, 'ICINGA_TLS_CA'],
    [{ ca: other.ca, serverName }, 'ICINGA_TLS_CA'],
    [{ ca, serverName, crl: other.crl }, 'ICINGA_TLS_CRL'],
    [{ ca, serverName, cert: files.cert, key: other.key }, 'ICINGA_TLS_OWN'],
    [
      { ca, serverName, cert: join(dir, 'text.pem'), key: files.key },
      'ICINGA_TLS_OWN',
    ],
    [{ ca, serverName, cert: none, key: none }, 'FILE_UNREADABLE'],
    [{ ca, serverName, user: 'x', passwordFile: none }, 'SECRET_UNREADABLE'],
  ];
  for (const [place, code] of rows) {
    const steps = await check(fake, place);
    t.strictSame(failures(steps), [code], JSON.stringify(place));
    t.ok(steps[0]?.remedy);
    t.equal(steps.length, 1);
  }
  const site = await start(t, revoked);
  pki.revoke(revoked.cert);
  const crl = join(dir, 'new-crl.pem');
  writeFileSync(crl, pki.crl);
  t.strictSame(failures(await check(site, { ca, serverName, crl })), [
    'ICINGA_TLS_CRL',
  ]);
  const expired = await start(
    t,
    pki.issue({ certname: serverName, notAfter: new Date(Date.now() - 1000) }),
  );
  t.strictSame(failures(await check(expired, { ca, serverName })), [
    'ICINGA_TLS_DATE',
  ]);
  fake.setUp(false);
  t.strictSame(failures(await check(fake, { ca, serverName })), [
    'MONITOR_UNREACHABLE',
  ]);
});

void t.test('the user', async (t) => {
  const fake = await start(t);
  fake.override.push((path) =>
    path === '/v1' ? [401, { error: 401 }] : undefined,
  );
  const steps = await check(fake);
  t.strictSame(failures(steps), ['ICINGA_USER']);
  t.equal(steps.at(-1)?.code, 'ICINGA_USER', 'nothing more is asked');
  const odd = await start(t);
  odd.override.push((path) => (path === '/v1' ? [200, '<html>'] : undefined));
  t.strictSame(failures(await check(odd)), ['MONITOR_REFUSED']);
});

void t.test('each right that is missing is named', async (t) => {
  const fake = await start(t);
  for (const missing of permissions) {
    fake.permissions = permissions.filter((one) => one !== missing);
    const step = (await check(fake)).find(
      ({ code }) => code === 'ICINGA_RIGHTS',
    );
    t.ok(step?.text.includes(missing), missing);
    t.match(step?.remedy, `"${missing}"`);
    t.match(step?.remedy, 'object ApiUser "kicker"');
  }
  // Each row: what is given, and whether it is enough.
  const rows: [string[], boolean][] = [
    [['*'], true],
    [['status/*', 'events/*', 'objects/query/*', 'actions/*'], true],
    [permissions.map((one) => one.toLowerCase()), true],
    [permissions.map((one) => `${one} (filtered)`), true],
    [[], false],
    [['status/query', 'events/*', 'objects/*', 'actions/re*'], false],
    [['.*'], false],
    [['status.query', 'events/*', 'objects/query/*', 'actions/*'], false],
  ];
  for (const [given, isEnough] of rows) {
    fake.permissions = given;
    const steps = await check(fake);
    t.equal(
      !failures(steps).includes('ICINGA_RIGHTS'),
      isEnough,
      JSON.stringify(given),
    );
  }
  fake.permissions = permissions.map((one) => `${one} (filtered)`);
  t.match(
    (await check(fake)).find(({ step }) => step === 'icinga rights')?.text,
    /filter/,
  );
});

void t.test('the clock', async (t) => {
  const fake = await start(t);
  for (const [uptime, wanted] of [
    [3600 + 29, []],
    [3600 - 29, []],
    [3600 + 45, ['ICINGA_CLOCK']],
    [3600 - 45, ['ICINGA_CLOCK']],
  ] as const) {
    const start = Date.now() / 1000 - 3600;
    fake.override = [
      (path) =>
        path === '/v1/status'
          ? [
              200,
              {
                results: [
                  { name: 'CIB', status: { uptime } },
                  {
                    name: 'IcingaApplication',
                    status: {
                      icingaapplication: { app: { program_start: start } },
                    },
                  },
                ],
              },
            ]
          : undefined,
    ];
    t.strictSame(failures(await check(fake)), wanted, String(uptime));
  }
  fake.override = [
    (path) => (path === '/v1/status' ? [503, { error: 503 }] : undefined),
  ];
  t.strictSame(failures(await check(fake)), ['MONITOR_REFUSED']);
});

void t.test('event handlers that are off are a warning', async (t) => {
  const fake = await start(t);
  fake.override = [
    (path) =>
      path === '/v1/status'
        ? [
            200,
            {
              results: [
                { name: 'CIB', status: { uptime: 60 } },
                {
                  name: 'IcingaApplication',
                  status: {
                    icingaapplication: {
                      app: {
                        program_start: Date.now() / 1000 - 60,
                        enable_event_handlers: false,
                      },
                    },
                  },
                },
              ],
            },
          ]
        : undefined,
  ];
  const steps = await check(fake);
  t.strictSame(failures(steps), []);
  t.match(
    steps.find(({ step }) => step === 'warning'),
    { text: /event handlers/, remedy: String },
  );
});

void t.test('objects', async (t) => {
  const fake = await start(t);
  fake.hosts.clear();
  t.strictSame(failures(await check(fake)), ['ICINGA_EMPTY']);
  fake.override = [
    (path) =>
      path === '/v1/objects/hosts'
        ? [404, { error: 404, status: 'No objects found.' }]
        : undefined,
  ];
  t.strictSame(failures(await check(fake)), ['MONITOR_REFUSED']);
});

void t.test('no API is no mistake', async (t) => {
  const monitor = createIcinga2(
    'icinga',
    { kind: 'icinga2', author: 'kicker' },
    {
      now: () => new Date(),
      pause: async () => {},
      knowsHost: () => false,
      onTrouble: () => {},
    },
  );
  const steps = [];
  for await (const step of monitor.check(new AbortController().signal))
    steps.push(step);
  t.match(steps, [
    { step: 'icinga api', ok: undefined, remedy: /api: \{url:/ },
  ]);
});
