import t, { type Test } from 'tap';
import { createIcinga2 } from '../../../src/monitors/icinga2/adapter.ts';
import type { Feedback, Place } from '../../../src/outbox/action.ts';
import type { Monitor } from '../../../src/ports.ts';
import { broken, startFakeIcinga, type FakeIcinga } from './fake-icinga.ts';

const place = { host: 'web1.example.com', service: 'http' };
const key = 'web1.example.com!http';
const never = new AbortController().signal;

interface Site {
  fake: FakeIcinga;
  monitor: Monitor;
  tell: (feedback: Feedback, place?: Place) => ReturnType<Monitor['tell']>;
  passMinutes(minutes: number): void;
  /** Follows it; each call of `tick` lets half a minute pass. */
  run(): { tick: () => Promise<void>; end: () => Promise<void> };
}

async function createSite(t: Test): Promise<Site> {
  const fake = await startFakeIcinga();
  fake.setService(key, broken(700));
  let offsetMs = 0;
  let tick = (): void => {};
  const monitor = createIcinga2(
    'icinga',
    { kind: 'icinga2', author: 'kicker', api: { url: fake.url } },
    {
      now: () => new Date(Date.now() + offsetMs),
      knowsHost: () => false,
      onTrouble: () => {},
      pause: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
          if (ms === 30_000) tick = resolve;
          else setImmediate(resolve);
        }),
    },
  );
  t.teardown(() => fake.close());
  return {
    fake,
    monitor,
    tell: (feedback, to = place) => monitor.tell(feedback, to, never),
    passMinutes: (minutes) => (offsetMs += minutes * 60_000),
    run: () => {
      const end = new AbortController();
      const running = monitor.run({ put: () => {} }, end.signal);
      return {
        tick: async () => {
          const path = '/v1/objects/comments';
          const before = fake.asked.filter((one) => one.path === path).length;
          tick();
          await fake.waitAsked(path, before + 1);
        },
        end: async () => {
          end.abort();
          await running;
        },
      };
    },
  };
}

void t.test('each feedback: one name in the body, and no filter', async (t) => {
  const { fake, tell } = await createSite(t);
  const nowSeconds = Math.floor(Date.now() / 1000);
  t.strictSame(await tell({ kind: 'recheck' }), { kind: 'done' });
  t.strictSame(await tell({ kind: 'comment', text: 'run 1\nhealed ✓' }), {
    kind: 'done',
  });
  t.strictSame(await tell({ kind: 'acknowledge', text: 'healing' }), {
    kind: 'done',
  });
  t.strictSame(await tell({ kind: 'unacknowledge' }), { kind: 'done' });
  t.strictSame(
    await tell({ kind: 'result', state: 'CRITICAL', text: 'a person' }),
    { kind: 'done' },
  );
  const common = { type: 'Service', service: key };
  t.match(
    fake.told.map(({ action, body }) => ({ action, body })),
    [
      { action: 'reschedule-check', body: { ...common, force: true } },
      {
        action: 'add-comment',
        body: { ...common, author: 'kicker', comment: 'run 1\\u{a}healed ✓' },
      },
      {
        action: 'acknowledge-problem',
        body: {
          ...common,
          author: 'kicker',
          comment: 'healing',
          sticky: true,
          notify: false,
        },
      },
      { action: 'remove-acknowledgement', body: common },
      {
        action: 'process-check-result',
        body: {
          ...common,
          exit_status: 2,
          plugin_output: 'a person',
          check_source: 'kicker',
        },
      },
    ],
  );
  const expiryOf = (action: string): number =>
    Number(fake.told.find((one) => one.action === action)?.body['expiry']);
  t.equal(Math.round((expiryOf('add-comment') - nowSeconds) / 86_400), 7);
  t.equal(Math.round((expiryOf('acknowledge-problem') - nowSeconds) / 60), 15);
  t.ok(fake.told.every(({ body }) => !('filter' in body)));
});

void t.test('about a host itself', async (t) => {
  const { fake, tell } = await createSite(t);
  const host = { host: 'web1.example.com' };
  await tell({ kind: 'recheck' }, host);
  await tell({ kind: 'result', state: 'CRITICAL', text: 'x' }, host);
  t.match(
    fake.told.map(({ body }) => body),
    [
      { type: 'Host', host: 'web1.example.com', force: true },
      { type: 'Host', host: 'web1.example.com', exit_status: 1 },
    ],
  );
});

void t.test('names of any characters go as they are', async (t) => {
  const { fake, tell } = await createSite(t);
  for (const one of [
    { host: 'Büro ✓ 1', service: 'disk /' },
    { host: 'web2', service: `a;b "q" $x$ 'p' \\ || true` },
    { host: 'x" || true', service: '-' },
  ]) {
    fake.setService(`${one.host}!${one.service}`);
    t.strictSame(await tell({ kind: 'recheck' }, one), { kind: 'done' });
    t.equal(fake.told.at(-1)?.name, `${one.host}!${one.service}`);
  }
});

void t.test('what can be no name is told nobody', async (t) => {
  const { fake, tell } = await createSite(t);
  for (const one of [
    { host: '', service: 'http' },
    { host: ' ', service: 'http' },
    { host: 'web1', service: '' },
    { host: 'a!b', service: 'http' },
    { host: 'web1', service: 'a!b' },
    { host: 'web1\n', service: 'http' },
    { host: 'web1', service: 'a\u0000b' },
    { host: 'x'.repeat(5000) },
  ]) {
    t.match(await tell({ kind: 'recheck' }, one), {
      kind: 'failed',
      isFinal: true,
      fault: { code: 'ICINGA_NAME', remedy: String },
    });
  }
  t.strictSame(fake.asked, []);
});

void t.test('passive services are left alone', async (t) => {
  const { fake, tell } = await createSite(t);
  fake.setService(key, { enable_active_checks: false });
  t.match(await tell({ kind: 'recheck' }), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'ICINGA_PASSIVE', remedy: String },
  });
  t.strictSame(fake.told, []);
});

void t.test('what was seen of late is not asked for again', async (t) => {
  const site = await createSite(t);
  const { fake, tell } = site;
  const following = site.run();
  await following.tick();
  await following.tick();
  const questions = (): number =>
    fake.asked.filter(
      ({ path, body }) =>
        path === '/v1/objects/services' &&
        JSON.stringify(body).includes('"attrs":["enable_active_checks"]'),
    ).length;
  t.strictSame(await tell({ kind: 'recheck' }), { kind: 'done' });
  t.equal(questions(), 0);
  await following.end();
  site.passMinutes(3);
  t.strictSame(await tell({ kind: 'recheck' }), { kind: 'done' });
  t.equal(questions(), 1, 'after minutes it is');
});

void t.test('gone, or no right', async (t) => {
  const { tell, fake } = await createSite(t);
  for (const kind of ['recheck', 'acknowledge', 'unacknowledge'] as const) {
    const feedback = kind === 'acknowledge' ? { kind, text: 'x' } : { kind };
    t.match(await tell(feedback, { host: 'web1.example.com', service: 'no' }), {
      kind: 'failed',
      isFinal: true,
      fault: { code: 'ICINGA_OBJECT', message: /web1\.example\.com!no/ },
    });
  }
  t.strictSame(fake.told, []);
});

// Each row: what the API answers, and whether another try is worth it.
const answers: [number, unknown, boolean | 'done'][] = [
  [200, { results: [{ code: 200, status: 'Successfully …' }] }, 'done'],
  [
    409,
    { results: [{ code: 409, status: 'Service x is already acknowledged.' }] },
    'done',
  ],
  [409, { results: [{ code: 409, status: 'Service x is OK.' }] }, 'done'],
  [409, { results: [{ code: 409, status: 'Host x is UP.' }] }, 'done'],
  [
    409,
    {
      results: [
        {
          code: 409,
          status:
            "Acknowledgement 'expiry' timestamp must be in the future for object x",
        },
      ],
    },
    true,
  ],
  [400, { error: 400, status: 'Invalid' }, true],
  [401, { error: 401, status: 'Unauthorized.' }, false],
  [404, { error: 404, status: 'No objects found.' }, true],
  [500, { results: [] }, false],
  [500, { results: [{ code: 500, status: 'Action execution failed' }] }, false],
  [503, { error: 503, status: 'Shutting down' }, false],
  // It acted on nothing.
  [200, { results: [] }, false],
  [200, 'no JSON object', false],
];
for (const [status, value, wanted] of answers) {
  void t.test(
    `the answer ${String(status)} ${JSON.stringify(value)}`,
    async (t) => {
      const { fake, tell } = await createSite(t);
      fake.override.push((path) =>
        path.startsWith('/v1/actions/') ? [status, value] : undefined,
      );
      const performed = await tell({ kind: 'acknowledge', text: 'x' });
      if (wanted === 'done') t.strictSame(performed, { kind: 'done' });
      else {
        t.match(performed, {
          kind: 'failed',
          isFinal: wanted,
          fault: { code: String, message: String, remedy: String },
        });
      }
    },
  );
}

void t.test('out of reach: it passes', async (t) => {
  const { fake, tell } = await createSite(t);
  fake.setUp(false);
  for (const feedback of [
    { kind: 'recheck' },
    { kind: 'acknowledge', text: 'x' },
    { kind: 'unacknowledge' },
    { kind: 'comment', text: 'x' },
  ] as const) {
    t.match(await tell(feedback), {
      kind: 'failed',
      isFinal: false,
      fault: { code: 'MONITOR_UNREACHABLE' },
    });
  }
});

void t.test('a person’s acknowledgement is not removed', async (t) => {
  const { fake, tell } = await createSite(t);
  fake.authors.set(key, 'ada');
  t.strictSame(await tell({ kind: 'acknowledge', text: 'x' }), {
    kind: 'done',
  });
  t.strictSame(await tell({ kind: 'unacknowledge' }), { kind: 'done' });
  t.equal(fake.authors.get(key), 'ada');
  t.notOk(fake.told.some(({ action }) => action === 'remove-acknowledgement'));
});

void t.test('an acknowledgement is prolonged while it is wanted', async (t) => {
  const site = await createSite(t);
  const { fake } = site;
  const { tick, end } = site.run();
  await fake.waitFollowers(1);
  await site.tell({ kind: 'acknowledge', text: 'healing' });
  const actions = () => fake.told.map(({ action }) => action);
  await tick();
  site.passMinutes(5);
  await tick();
  await tick();
  t.strictSame(actions(), ['acknowledge-problem'], 'its end is far');
  site.passMinutes(4);
  await tick();
  await fake.waitAsked('/v1/actions/acknowledge-problem', 2);
  t.strictSame(actions(), [
    'acknowledge-problem',
    'remove-acknowledgement',
    'acknowledge-problem',
  ]);
  const [first, , second] = fake.told.map(({ body }) => Number(body['expiry']));
  t.equal(Math.round(((second ?? 0) - (first ?? 0)) / 60), 9);
  t.match(fake.told.at(-1)?.body, { comment: 'healing', notify: false });

  // Taken back: never again.
  await site.tell({ kind: 'unacknowledge' });
  site.passMinutes(20);
  await tick();
  await tick();
  t.equal(actions().length, 4);
  await end();
});

void t.test('one that a person has taken over is not prolonged', async (t) => {
  const site = await createSite(t);
  const { fake } = site;
  const { tick, end } = site.run();
  await fake.waitFollowers(1);
  await site.tell({ kind: 'acknowledge', text: 'healing' });
  fake.authors.set(key, 'ada');
  site.passMinutes(10);
  const asked = fake.asked.length;
  await tick();
  // The question about all, and then that about this one.
  await site.fake.waitAsked(
    '/v1/objects/comments',
    fake.asked
      .slice(0, asked)
      .filter(({ path }) => path === '/v1/objects/comments').length + 2,
  );
  await tick();
  t.equal(fake.authors.get(key), 'ada');
  t.equal(fake.told.length, 1);
  await end();
});

void t.test(
  'removed, and not set again for Icinga went down: set as soon as it is back',
  async (t) => {
    const site = await createSite(t);
    const { fake } = site;
    const { tick, end } = site.run();
    await fake.waitFollowers(1);
    await site.tell({ kind: 'acknowledge', text: 'healing' });
    let isRefused = true;
    fake.override.push((path) =>
      isRefused && path === '/v1/actions/acknowledge-problem'
        ? [503, { error: 503, status: 'x' }]
        : undefined,
    );
    site.passMinutes(10);
    await tick();
    await fake.waitAsked('/v1/actions/acknowledge-problem', 2);
    t.equal(fake.authors.has(key), false);
    isRefused = false;
    await tick();
    await fake.waitAsked('/v1/actions/acknowledge-problem', 3);
    t.equal(fake.authors.get(key), 'kicker');
    // Removed once more, and meanwhile nobody wants it any more.
    isRefused = true;
    site.passMinutes(10);
    await tick();
    await fake.waitAsked('/v1/actions/acknowledge-problem', 4);
    await site.tell({ kind: 'unacknowledge' });
    isRefused = false;
    const asked = fake.asked.length;
    await tick();
    await tick();
    t.notOk(
      fake.asked
        .slice(asked)
        .some(({ path }) => path === '/v1/actions/acknowledge-problem'),
    );
    await end();
  },
);

void t.test(
  'a kicker that dies holds no page: another one prolongs nothing',
  async (t) => {
    const site = await createSite(t);
    site.fake.authors.set(key, 'kicker');
    site.fake.setService(key, broken(700, { acknowledgement: 2 }));
    const { tick, end } = site.run();
    await site.fake.waitFollowers(1);
    site.passMinutes(20);
    await tick();
    await tick();
    t.strictSame(site.fake.told, []);
    await end();
  },
);

void t.test('its own is known at once', async (t) => {
  const site = await createSite(t);
  const { end } = site.run();
  await site.fake.waitFollowers(1);
  await site.fake.waitAsked('/v1/objects/comments', 1);
  await site.tell({ kind: 'acknowledge', text: 'healing' });
  const [part] = site.monitor.read({
    name: 'y',
    monitor: 'icinga',
    at: new Date(),
    args: [
      '--host=web1.example.com',
      '--service=http',
      '--state=CRITICAL',
      '--state-type=HARD',
      '--attempt=1',
      '--acknowledgement=2',
    ],
  });
  t.equal(part?.kind === 'event' && part.seen.event.acknowledgedBy, undefined);
  await end();
});

void t.test('without an API it can be told nothing', async (t) => {
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
  t.equal(monitor.can.size, 0);
  t.match(await monitor.tell({ kind: 'recheck' }, place, never), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'MONITOR_DEAF' },
  });
});
