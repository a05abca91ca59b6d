import t, { type Test } from 'tap';
import { createAlertmanager } from '../../../src/monitors/alertmanager/adapter.ts';
import { monitorDefaults } from '../../../src/monitors/defaults.ts';
import type { Event } from '../../../src/events/event.ts';
import { startFakeAlertmanager } from './fake-alertmanager.ts';

const labels = {
  alertname: 'WebDown',
  instance: 'web1.example.com:9100',
  job: 'web',
  service: 'apache2',
  severity: 'critical',
};
const startsAt = '2026-11-26T17:22:39.727Z';
const problem = `02c27b65ce16372e/${startsAt}`;
const never = new AbortController().signal;

const alertNow = (change: object = {}) => ({
  fingerprint: '02c27b65ce16372e',
  startsAt,
  labels,
  annotations: {},
  generatorURL: '',
  receivers: [{ name: 'kicker' }],
  status: { state: 'active', silencedBy: [], inhibitedBy: [] },
  ...change,
});
const webhook = (status: string, change: object = {}): string[] => [
  '--payload-json',
  JSON.stringify({
    version: '4',
    alerts: [
      { status, labels, startsAt, fingerprint: '02c27b65ce16372e', ...change },
    ],
  }),
];

async function createSite(t: Test, { withPrometheus = true } = {}) {
  const fake = await startFakeAlertmanager();
  const troubles: string[] = [];
  const put: string[][] = [];
  let nowMs = Date.now();
  const monitor = createAlertmanager(
    'am',
    {
      ...monitorDefaults.alertmanager,
      api: { url: fake.url },
      ...(withPrometheus ? { prometheus: { url: fake.url } } : {}),
    },
    {
      now: () => new Date(nowMs),
      pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
      knowsHost: () => false,
      onTrouble: (what, why) => void troubles.push(`${what}: ${why}`),
    },
  );
  const end = new AbortController();
  const running = monitor.run(
    { put: (args) => void put.push([...args]) },
    end.signal,
  );
  t.teardown(async () => {
    end.abort();
    await running;
    await fake.close();
  });
  const read = (args: readonly string[]): Event => {
    const [part] = monitor.read({
      name: 'x',
      monitor: 'am',
      args: [...args],
      at: new Date(nowMs),
    });
    if (part?.kind !== 'event') throw new Error(JSON.stringify(part));
    return part.seen.event;
  };
  return {
    fake,
    monitor,
    troubles,
    read,
    end,
    /** what it put into the spool, as events */
    put: () => put.map(read),
    pass: (ms: number): void => {
      nowMs += ms;
    },
    polls: () => fake.polled(3),
  };
}

void t.test('a problem that lasts, is silenced, is over', async (t) => {
  const site = await createSite(t);
  const { monitor, fake } = site;
  fake.alerts = [alertNow()];
  fake.series = [{ __name__: 'up', instance: labels.instance, job: 'web' }];
  const event = site.read(webhook('firing'));
  t.equal(event.problem, problem);
  await site.polls();
  t.match(monitor.refresh(event, 0), {
    kind: 'lasts',
    event: { problem, inDowntime: false },
  });
  t.strictSame(
    monitor.refresh(event, Date.now() + 60_000),
    { kind: 'not-known' },
    'data from before say nothing',
  );
  fake.alerts = [
    alertNow({ status: { silencedBy: ['of-a-person'], inhibitedBy: [] } }),
  ];
  await site.polls();
  t.match(monitor.refresh(event, 0), { event: { inDowntime: true } });
  fake.alerts = [
    alertNow({ status: { silencedBy: [], inhibitedBy: ['another'] } }),
  ];
  await site.polls();
  t.match(monitor.refresh(event, 0), { event: { inDowntime: true } });
  fake.alerts = [alertNow({ startsAt: '2026-11-26T18:00:00Z' })];
  await site.polls();
  t.strictSame(
    monitor.refresh(event, 0),
    { kind: 'not-known' },
    'another episode',
  );
  fake.alerts = [];
  await site.polls();
  t.strictSame(
    monitor.refresh(event, 0).kind,
    'not-known',
    'gone, and its expression is not clear',
  );
  fake.series = [];
  await site.polls();
  t.match(monitor.refresh(event, 0), { kind: 'over', event: { state: 'OK' } });
  site.pass(120_000);
  t.strictSame(monitor.refresh(event, 0), { kind: 'not-known' }, 'too old');
});

void t.test(
  'green is what the expression says, and nothing else',
  async (t) => {
    const site = await createSite(t);
    const { monitor, fake } = site;
    const event = site.read(webhook('firing'));
    t.strictSame(monitor.see(event), { kind: 'not-known' });
    fake.alerts = [alertNow()];
    fake.series = [{ __name__: 'up', instance: labels.instance, job: 'web' }];
    await site.polls();
    t.match(monitor.see(event), { kind: 'seen', isGreen: false });
    fake.series = [{ __name__: 'up', instance: 'web2', job: 'web' }];
    await site.polls();
    t.match(
      monitor.see(event),
      { kind: 'seen', isGreen: true, checkedMs: (fake.scrapedAt ?? 0) * 1000 },
      'another host is still down',
    );
    fake.scrapedAt = undefined;
    await site.polls();
    t.strictSame(
      monitor.see(event),
      { kind: 'not-known' },
      'the target is gone: that heals nothing',
    );
    fake.scrapedAt = Date.now() / 1000;
    site.pass(61_000);
    fake.rules = [];
    await site.polls();
    t.strictSame(monitor.see(event), { kind: 'not-known' }, 'so with its rule');
  },
);

void t.test('what it did not tell', async (t) => {
  const site = await createSite(t);
  const { fake } = site;
  site.read(webhook('firing'));
  fake.alerts = [
    alertNow(),
    alertNow({
      fingerprint: 'aaaaaaaaaaaaaaaa',
      receivers: [{ name: 'pager' }],
    }),
    alertNow({
      fingerprint: 'bbbbbbbbbbbbbbbb',
      status: { silencedBy: ['of-a-person'], inhibitedBy: [] },
    }),
  ];
  await site.polls();
  t.strictSame(site.put(), [], 'told, of another receiver, silenced');
  const again = '2026-11-26T17:25:00Z';
  fake.alerts = [alertNow({ startsAt: again })];
  await site.polls();
  t.match(site.put(), [
    { state: 'CRITICAL', problem: `02c27b65ce16372e/${again}` },
  ]);
  await site.polls();
  t.equal(site.put().length, 1, 'once');

  fake.alerts = [];
  fake.series = [];
  await site.polls();
  site.pass(30_000);
  await site.polls();
  t.equal(
    site.put().length,
    1,
    'after a restart it knows no alert for a minute',
  );
  site.pass(90_000);
  await site.polls();
  const ends = site.put().slice(1);
  t.ok(ends.length > 0 && ends.every(({ state }) => state === 'OK'));
  t.ok(ends.some((end) => end.problem === `02c27b65ce16372e/${again}`));
});

for (const [webhookHas, apiHas] of [
  ['39.4', '39.400'],
  ['39', '39.000'],
  ['39.020783742', '39.020'],
] as const) {
  void t.test(
    `its webhook writes ${webhookHas}, its API ${apiHas}: one episode`,
    async (t) => {
      const site = await createSite(t);
      const { fake, monitor } = site;
      const at = (seconds: string) => `2026-11-26T17:22:${seconds}Z`;
      fake.alerts = [alertNow({ startsAt: at(apiHas) })];
      fake.series = [{ __name__: 'up', instance: labels.instance, job: 'web' }];
      const event = site.read(webhook('firing', { startsAt: at(webhookHas) }));
      await site.polls();
      t.strictSame(site.put(), [], 'it was told');
      t.match(monitor.refresh(event, 0), { kind: 'lasts' });
      site.read(webhook('resolved', { startsAt: at(webhookHas) }));
      await site.polls();
      t.strictSame(site.put(), [], 'its end was told');
    },
  );
}

void t.test(
  'an answer from before its end does not begin it again',
  async (t) => {
    const site = await createSite(t);
    site.fake.alerts = [alertNow()];
    site.read(webhook('firing'));
    await site.polls();
    site.read(webhook('resolved'));
    await site.polls();
    t.strictSame(site.put(), []);
    // It fires once more: then it is told, and is what it was.
    site.read(webhook('firing'));
    await site.polls();
    t.strictSame(site.put(), []);
  },
);

void t.test('an end is not believed without a look', async (t) => {
  const site = await createSite(t, { withPrometheus: false });
  site.read(webhook('firing'));
  site.fake.alerts = [];
  await site.polls();
  site.pass(200_000);
  await site.polls();
  t.strictSame(site.put(), []);
  t.notOk(site.monitor.can.has('recheck'));
});

void t.test('the page is held by a silence with an end', async (t) => {
  const site = await createSite(t);
  const { fake, monitor } = site;
  const place = { host: 'web1.example.com', service: 'apache2' };
  const until = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const hold = (ms: number) =>
    monitor.tell(
      { kind: 'hold', until: until(ms), text: 'run 1' },
      place,
      never,
    );
  t.match(await hold(60_000), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'ALERT_UNKNOWN' },
  });
  fake.alerts = [alertNow()];
  await site.polls();
  t.strictSame(
    await monitor.tell(
      { kind: 'hold', until: until(60_000), text: 'run 1' },
      { ...place, problem },
      never,
    ),
    { kind: 'done' },
    'an alert of an earlier start is in Alertmanager’s own data',
  );
  site.read(webhook('firing'));
  t.strictSame(await hold(60_000), { kind: 'done' });
  t.strictSame(await hold(120_000), { kind: 'done' });
  t.equal(fake.silences.length, 1, 'twice is once');
  t.match(fake.silences[0], {
    createdBy: 'kicker',
    matchers: [
      { name: 'alertname', value: 'WebDown' },
      { name: 'instance', value: 'web1.example.com:9100' },
      { name: 'service', value: 'apache2' },
    ],
  });
  t.strictSame(await hold(-1000), { kind: 'done' }, 'its time is over');

  fake.silences.push({
    ...(fake.silences[0] as (typeof fake.silences)[0]),
    status: { state: 'active' },
    id: 'of-a-person',
    createdBy: 'ada',
  });
  fake.alerts = [
    alertNow({ status: { silencedBy: ['id-1'], inhibitedBy: [] } }),
  ];
  await site.polls();
  t.match(
    monitor.refresh(site.read(webhook('firing')), 0),
    { event: { inDowntime: false } },
    'its own silence is nobody’s',
  );
  t.strictSame(await monitor.tell({ kind: 'release' }, place, never), {
    kind: 'done',
  });
  t.strictSame(
    fake.silences.map(({ status }) => status.state),
    ['expired', 'active'],
  );
  t.strictSame(
    await monitor.tell({ kind: 'release' }, { host: 'web1' }, never),
    { kind: 'done' },
  );
  fake.failWith = 503;
  t.match(await monitor.tell({ kind: 'release' }, place, never), {
    kind: 'failed',
    isFinal: false,
    fault: { code: 'MONITOR_REFUSED' },
  });
  t.match(await monitor.tell({ kind: 'comment', text: 'x' }, place, never), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'MONITOR_DEAF' },
  });
});

void t.test('it is down, and looks at itself', async (t) => {
  const site = await createSite(t);
  const steps = async () => {
    const found = [];
    for await (const step of site.monitor.check(never)) found.push(step);
    return found;
  };
  t.match(await steps(), [
    { step: 'alertmanager', ok: true, text: /version 0\.25\.0/ },
    { step: 'receiver', ok: true },
    { step: 'prometheus', ok: true, text: /alerting rules: 1$/ },
    { step: 'clock', ok: true },
  ]);
  site.fake.aheadSeconds = -60;
  site.fake.rules = [];
  t.match((await steps()).slice(2), [
    { step: 'prometheus', ok: false, code: 'PROMETHEUS_RULES' },
    {
      step: 'clock',
      ok: false,
      code: 'PROMETHEUS_CLOCK',
      text: /60 s behind/,
    },
  ]);
  site.fake.failWith = 500;
  t.match(await steps(), [
    {
      step: 'alertmanager',
      ok: false,
      code: 'MONITOR_REFUSED',
      remedy: String,
    },
    { step: 'prometheus', ok: false },
  ]);
  while (site.troubles.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.match(site.troubles[0], /answers \/api\/v2\/alerts.* with 500/);
});

void t.test('a silence of a kicker before this one is its own', async (t) => {
  const site = await createSite(t);
  const { fake, monitor } = site;
  const event = site.read(webhook('firing'));
  fake.silences = [
    {
      id: 'before',
      createdBy: 'kicker',
      comment: 'kicker holds the page: ["web1.example.com","apache2"]; run 1',
      endsAt: '',
      matchers: [],
      status: { state: 'active' },
    },
    {
      id: 'ada',
      createdBy: 'ada',
      comment: 'kernel',
      endsAt: '',
      matchers: [],
      status: { state: 'active' },
    },
  ];
  fake.alerts = [
    alertNow({ status: { silencedBy: ['before'], inhibitedBy: [] } }),
  ];
  await site.polls();
  t.match(monitor.refresh(event, 0), { event: { inDowntime: false } });
  fake.alerts = [
    alertNow({ status: { silencedBy: ['before', 'ada'], inhibitedBy: [] } }),
  ];
  await site.polls();
  t.match(monitor.refresh(event, 0), { event: { inDowntime: true } });
});
