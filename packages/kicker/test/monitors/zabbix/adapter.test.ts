import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Event } from '../../../src/events/event.ts';
import { monitorDefaults } from '../../../src/monitors/defaults.ts';
import { createZabbix } from '../../../src/monitors/zabbix/adapter.ts';
import { problemNow, startFakeZabbix, trigger } from './fake-zabbix.ts';

const never = new AbortController().signal;
const place = { host: 'web1.example.com', service: 'http' };
const message = (value: '0' | '1', event = '55'): string[] => [
  '--payload-json',
  JSON.stringify({
    source: '0',
    object: '0',
    update: '0',
    value,
    event,
    host: 'web1.example.com',
    severity: '4',
    name: 'http is down',
    tags: '[{"tag":"service","value":"http"},{"tag":"kickd","value":"yes"}]',
  }),
];

async function createSite(t: Test) {
  const dir = t.testdir();
  const tokenFile = join(dir, 'token');
  const recheckTokenFile = join(dir, 'recheck');
  writeFileSync(tokenFile, 'of-kicker', { mode: 0o600 });
  writeFileSync(recheckTokenFile, 'of-recheck', { mode: 0o600 });
  const site = await startFakeZabbix();
  let nowMs = Date.now();
  const put: string[][] = [];
  const troubles: string[] = [];
  const monitor = createZabbix(
    'zabbix',
    {
      ...monitorDefaults.zabbix,
      api: { url: site.url, tokenFile },
      recheckTokenFile,
    },
    {
      // Two answers are never of one instant.
      now: () => new Date((nowMs += 1)),
      pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
      knowsHost: () => false,
      onTrouble: (_what, why) => void troubles.push(why),
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
    await site.close();
  });
  const read = (args: readonly string[]): Event => {
    const at = new Date(nowMs);
    const [part] = monitor.read({
      name: 'x',
      monitor: 'zabbix',
      args: [...args],
      at,
    });
    if (part?.kind !== 'event') throw new Error(JSON.stringify(part));
    return part.seen.event;
  };
  return {
    site,
    monitor,
    troubles,
    read,
    tokenFile,
    /** what it put into the spool: state and id */
    put: () =>
      put.map((args) => {
        const body = JSON.parse(args[1] ?? '') as Record<string, string>;
        return [body['value'], body['event'], body['host']];
      }),
    pass: (ms: number): void => {
      nowMs += ms;
    },
    polls: () => site.polls(),
    calls: (method: string) =>
      site.asked.filter((asked) => asked.method === method),
  };
}

void t.test('a problem that lasts, is taken on, is over', async (t) => {
  const { site, monitor, read, polls, pass } = await createSite(t);
  site.problems = [problemNow()];
  const event = read(message('1'));
  await polls();
  t.match(monitor.refresh(event, 0), {
    kind: 'lasts',
    event: { problem: '55', state: 'CRITICAL', inDowntime: false },
  });
  t.match(monitor.see(event), { kind: 'seen', isGreen: false });
  t.strictSame(monitor.refresh(event, Date.now() + 1e9), { kind: 'not-known' });

  const by = (message: string) => ({
    acknowledged: '1',
    acknowledges: [{ username: 'ada', message, action: '6' }],
  });
  site.problems = [problemNow(by('I look'))];
  await polls();
  t.match(monitor.refresh(event, 0), { event: { acknowledgedBy: 'ada' } });
  site.problems = [problemNow(by('kicker: healing, run 1'))];
  await polls();
  const own = monitor.refresh(event, 0);
  t.equal(own.kind === 'lasts' && own.event.acknowledgedBy, undefined);

  site.problems = [problemNow({ suppressed: '1' })];
  await polls();
  t.match(monitor.refresh(event, 0), { event: { inDowntime: true } });
  site.problems = [problemNow()];
  site.triggers = [
    {
      ...trigger,
      hosts: [{ host: 'web1.example.com', maintenance_status: '1' }],
    },
  ];
  await polls();
  t.match(monitor.refresh(event, 0), { event: { inDowntime: true } });

  const another = problemNow({ eventid: '60', objectid: '23134' });
  site.triggers = [trigger, { ...trigger, triggerid: '23134' }];
  site.problems = [another];
  await polls();
  t.match(
    monitor.refresh(event, 0),
    { kind: 'over', event: { state: 'OK' } },
    'another trigger of the service says nothing of this one',
  );
  t.match(monitor.see(event), { kind: 'seen', isGreen: true });
  site.problems = [];
  await polls();
  t.match(monitor.refresh(event, 0), { kind: 'over', event: { state: 'OK' } });
  pass(120_000);
  t.strictSame(monitor.refresh(event, 0), { kind: 'not-known' }, 'too old');
});

void t.test(
  'more than were asked for: what is absent may be open',
  async (t) => {
    const { site, monitor, read, polls } = await createSite(t);
    site.problems = Array.from({ length: 10_000 }, (_, n) =>
      problemNow({ eventid: String(1000 + n), tags: [] }),
    );
    const event = read(message('1'));
    await polls();
    t.strictSame(monitor.refresh(event, 0), { kind: 'not-known' });
    t.strictSame(monitor.see(event), { kind: 'not-known' });
  },
);

void t.test('what no message told', async (t) => {
  const { site, read, polls, put } = await createSite(t);
  read(message('1'));
  site.problems = [
    problemNow(),
    problemNow({ eventid: '56', tags: [{ tag: 'service', value: 'x' }] }),
    problemNow({ eventid: '57', suppressed: '1' }),
    problemNow({ eventid: '58' }),
    problemNow({ eventid: '59', r_eventid: '60' }),
    problemNow({ eventid: '61', objectid: '1' }),
  ];
  await polls();
  t.strictSame(
    put(),
    [['1', '58', 'web1.example.com']],
    'told, no tag, suppressed, over, not to be seen',
  );
  await polls();
  t.equal(put().length, 1, 'once');

  read(message('0', '58'));
  await polls();
  t.equal(
    put().filter(([, event]) => event === '58').length,
    1,
    'an answer from before its end does not begin it again',
  );
  site.problems = [];
  await polls();
  t.ok(put().some(([value, event]) => value === '0' && event === '55'));
});

void t.test('it is told', async (t) => {
  const { site, monitor, read, polls, calls } = await createSite(t);
  const tell = (feedback: Parameters<typeof monitor.tell>[0]) =>
    monitor.tell(feedback, place, never);
  t.match(await tell({ kind: 'comment', text: 'x' }), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'ZABBIX_NO_PROBLEM' },
  });
  const ofAnEarlierStart = { ...place, problem: '54' };
  t.strictSame(
    await monitor.tell({ kind: 'comment', text: 'x' }, ofAnEarlierStart, never),
    { kind: 'done' },
    'a problem that was over before this start is still told',
  );
  t.match(calls('event.acknowledge')[0]?.params, { eventids: '54' });
  site.asked.length = 0;
  t.strictSame(
    await tell({ kind: 'recheck' }),
    { kind: 'done' },
    'nothing is open: there is nothing to look at',
  );
  t.equal(calls('task.create').length, 0);
  site.problems = [problemNow()];
  read(message('1'));
  await polls();
  t.strictSame(await tell({ kind: 'comment', text: 'kicker: healed' }), {
    kind: 'done',
  });
  t.strictSame(await tell({ kind: 'acknowledge', text: 'healing' }), {
    kind: 'done',
  });
  t.strictSame(await tell({ kind: 'unacknowledge' }), { kind: 'done' });
  t.strictSame(
    calls('event.acknowledge').map(({ params, auth }) => [params, auth]),
    [
      [{ eventids: '55', action: 4, message: 'kicker: healed' }, 'of-kicker'],
      [{ eventids: '55', action: 6, message: 'kicker: healing' }, 'of-kicker'],
      [{ eventids: '55', action: 16 }, 'of-kicker'],
    ],
  );
  t.strictSame(await tell({ kind: 'recheck' }), { kind: 'done' });
  t.match(calls('task.create'), [
    {
      params: [{ type: 6, request: { itemid: '44518' } }],
      auth: 'of-recheck',
    },
  ]);
  site.triggers = [{ ...trigger, items: trigger.items.slice(1) }];
  await polls();
  t.match(await tell({ kind: 'recheck' }), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'ZABBIX_PASSIVE' },
  });
  t.match(await tell({ kind: 'release' }), {
    fault: { code: 'MONITOR_DEAF' },
  });
});

void t.test('what is missing is named', async (t) => {
  const { site, monitor, tokenFile, troubles, polls, calls } =
    await createSite(t);
  const steps = async () => {
    const found = [];
    for await (const step of monitor.check(never)) found.push(step);
    return found;
  };
  site.errors['event.acknowledge'] =
    'Invalid parameter "/eventids": cannot be empty.';
  t.match(await steps(), [
    { step: 'zabbix', ok: true, text: /6\.0\.14/ },
    { ok: true, text: 'problem.get' },
    { ok: true, text: 'trigger.get' },
    { ok: true, text: 'event.acknowledge' },
    { ok: true, text: 'task.create' },
    { step: 'triggers', ok: true, text: /^12 .* carry kickd: yes$/ },
  ]);
  t.match(calls('trigger.get').at(-1)?.params, {
    tags: [{ tag: 'kickd', value: 'yes', operator: 1 }],
  });
  site.triggersTagged = '0';
  t.match((await steps())[5], {
    step: 'warning',
    ok: true,
    text: /^no trigger that the token may see carries kickd: yes itself/,
    remedy: /give the tag/,
  });
  site.errors['task.create'] = 'No permissions to call "task.create".';
  site.errors['problem.get'] = 'Session terminated, re-login, please.';
  t.match(await steps(), [
    { ok: true },
    { ok: false, code: 'ZABBIX_TOKEN' },
    { ok: true },
    { ok: true },
    { ok: false, code: 'ZABBIX_METHOD', remedy: /Super admin/ },
  ]);
  await polls();
  t.match(troubles[0], /Session terminated/);
  writeFileSync(tokenFile, '');
  t.match((await steps())[1], { ok: false, code: 'SECRET_UNREADABLE' });
  site.status = 503;
  t.match(await steps(), [
    { step: 'zabbix', ok: false, code: 'MONITOR_REFUSED' },
  ]);
});
