import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createParties } from '../fake-kickd.ts';
import {
  createMonitorHost,
  keyOf,
  kicksOf,
  kindsOf,
  startHost,
  until,
} from '../monitor-host.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);
const problem = keyOf();

void t.test('from the spool to the verdict', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'ended');
  const monitor = createMonitorHost(t, root, {
    kicker,
    port: kickd.port,
  });
  const serving = await monitor.serve();
  t.strictSame(monitor.event(), { status: 0, said: '' });
  await until(() => monitor.commands().length === 2);
  t.match(monitor.commands(), [
    /^\[\d+\] SCHEDULE_FORCED_SVC_CHECK;Web1;HTTP;\d+$/,
    /^\[\d+\] ADD_SVC_COMMENT;Web1;HTTP;0;kicker;kicker: corrected Service\[apache2\]/,
  ]);
  t.strictSame(monitor.event({ 'state-type': 'HARD', attempt: '4' }), {
    status: 0,
    said: '',
  });
  t.strictSame(monitor.event({ state: 'OK', attempt: '4' }), {
    status: 0,
    said: '',
  });
  await until(() => monitor.ledger.listOpen(1).length === 0);
  const entries = monitor.ledger.entriesOf({ problem });
  const verdict = entries.find(({ entry }) => entry.kind === 'verdict')?.entry;
  t.match(verdict, { body: { verdict: 'healed', by: 'the monitor’s event' } });
  t.equal(kicksOf(kickd).size, 1);
  t.strictSame(readdirSync(join(monitor.dir, 'spool', 'new')), []);
  t.equal(await serving.kill(), 0);
  t.notOk(existsSync(join(monitor.dir, 'spool', 'serving')));
  t.match(serving.log().at(-1), { event: 'stopped' });
});

void t.test('SOFT 3, then HARD 4: one run', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'hold');
  const monitor = createMonitorHost(t, root, {
    kicker,
    port: kickd.port,
  });
  await monitor.serve();
  monitor.event();
  await kickd.waitFor('GET', 1);
  monitor.event({ 'state-type': 'HARD', attempt: '4' });
  await until(
    () => kindsOf(monitor).filter((k) => k === 'decision').length === 2,
  );
  kickd.release('ended');
  await until(() => kindsOf(monitor).includes('outcome'));
  t.equal(kicksOf(kickd).size, 1);
});

void t.test('what cannot be used is set aside, and said', async (t) => {
  const kickd = await startHost(t, host);
  const monitor = createMonitorHost(t, root, {
    kicker,
    port: kickd.port,
  });
  const serving = await monitor.serve();
  monitor.event({ attempt: 'x' });
  monitor.event({ host: '*' });
  monitor.event({ hots: 'x' });
  const bad = join(monitor.dir, 'spool', 'bad');
  await until(() => readdirSync(bad).length === 2);
  t.match(
    readdirSync(bad)
      .map((name) => name.replace(/^.*\./, ''))
      .toSorted(),
    ['MACRO_BAD', 'USAGE_OPTION'],
  );
  const star = JSON.stringify(['nagios', '*', 'HTTP', '17']);
  await until(() => monitor.ledger.entriesOf({ problem: star }).length === 2);
  t.match(monitor.ledger.entriesOf({ problem: star })[1]?.entry, {
    body: { kind: 'skip', code: 'no-target' },
  });
  const unusable = () =>
    serving.log().filter(({ event }) => event === 'event-unusable');
  await until(() => unusable().length === 3);
  t.match(unusable(), [
    { code: 'MACRO_BAD' },
    { code: 'HOST_WILDCARD' },
    { code: 'USAGE_OPTION' },
  ]);
  t.equal(kickd.seen.length, 0);
});

void t.test(
  'metrics: what it did is in the file when it has ended',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('accept', 'ended');
    const textfile = join(t.testdir(), 'kicker.prom');
    const monitor = createMonitorHost(t, root, {
      kicker,
      port: kickd.port,
      more: { metrics: { textfile } },
    });
    const serving = await monitor.serve();
    await until(() => existsSync(textfile));
    monitor.event();
    await until(() =>
      serving.log().some(({ event }) => event === 'kick-ended'),
    );
    t.equal(await serving.kill(), 0);
    const text = readFileSync(textfile, 'utf8');
    t.match(text, 'kicker_decisions_total{decision="kick",code="kick"} 1\n');
    t.match(text, 'kicker_kicks_total{outcome="corrected"} 1\n');
  },
);

void t.test('metrics that cannot be written stop nothing', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'ended');
  const monitor = createMonitorHost(t, root, {
    kicker,
    port: kickd.port,
    more: { metrics: { textfile: '/proc/none/kicker.prom' } },
  });
  const serving = await monitor.serve();
  monitor.event();
  await kickd.waitFor('POST', 1);
  await until(() => serving.log().some(({ event }) => event === 'trouble'));
  t.match(
    serving.log().find(({ event }) => event === 'trouble'),
    { level: 50, what: 'metrics', code: 'METRICS_UNWRITABLE' },
  );
  t.equal(await serving.kill(), 0);
});
