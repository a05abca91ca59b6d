/**
 * The loop on a real Prometheus and Alertmanager: a web service is killed with -9, the alert fires, the webhook comes to
 * `kicker receive`, kickd starts the service again, and the expression of the rule says that it is green.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  host,
  missingAlertmanager,
  places,
  startSite,
  type Site,
} from './lab/alertmanager-site.ts';
import { runCommand } from './lab/command.ts';
import { isHeld, timelineOf, type Entry } from './lab/kicker-processes.ts';
import { waitFor } from './lab/wait.ts';

const missing = missingAlertmanager();
const skip =
  missing.length === 0
    ? false
    : `apt-get install --no-install-recommends prometheus prometheus-alertmanager`;
/** Kills the service. @returns the verdict of its kick, and all that was written since */
async function crashAndHeal(
  t: Test,
  site: Site,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Entry[]> {
  await waitFor('green', async () => (await site.isGreen()) || undefined, {
    timeoutMs: 30_000,
  });
  const before = (await site.history()).length;
  const crashedMs = Date.now();
  await site.web.crash();
  await meanwhile();
  await site.waitFor(
    'a verdict',
    ({ kind, at }) => kind === 'verdict' && Date.parse(at) > crashedMs,
    90_000,
  );
  t.ok(await site.web.isUp(), 'the service is up');
  const entries = (await site.history()).slice(before);
  for (const line of timelineOf(entries, crashedMs)) t.comment(line);
  return entries;
}

const count = (entries: readonly Entry[], kind: string): number =>
  entries.filter((entry) => entry.kind === kind).length;

/** From when to when kicker held the page, epoch milliseconds: each hold ends with the next verdict. */
function heldIn(entries: readonly Entry[]): { fromMs: number; toMs: number }[] {
  return entries.flatMap((entry, index) => {
    if (!isHeld(entry)) return [];
    const end = entries.slice(index).find(({ kind }) => kind === 'verdict');
    const toMs = end === undefined ? Infinity : Date.parse(end.at);
    return [{ fromMs: Date.parse(entry.at), toMs }];
  });
}

await t.test('it is healed, and nobody is paged', { skip }, async (t) => {
  const site = await startSite(t, { groupInterval: '5m' });
  await t.test('killed with -9: one run, green by the rule', async (t) => {
    const entries = await crashAndHeal(t, site);
    t.equal(count(entries, 'outcome'), 1);
    t.match(entries.find(({ kind }) => kind === 'verdict')?.body, {
      verdict: 'healed',
      by: 'status data',
    });
    t.strictSame(site.pages, []);
  });
  await t.test('what they left behind, by kicker backtest', async (t) => {
    const dir = t.testdir({});
    const list = join(dir, 'firing.json');
    const startSeconds = Math.floor(Date.now() / 1000);
    // So that it fires until it is listed, and nothing silences it.
    await site.kicker.kill();
    const entries = await crashAndHeal(t, site, async () => {
      const text = await waitFor(
        'amtool to list it',
        async () => {
          const { output } = await runCommand('/usr/bin/amtool', [
            ...['alert', '--output=json'],
            `--alertmanager.url=http://127.0.0.1:${String(places.alertmanager)}`,
          ]);
          return output.includes('"active"') ? output : undefined;
        },
        { timeoutMs: 60_000 },
      );
      writeFileSync(list, text);
      await site.kicker.start();
    });
    const range = join(dir, 'alerts.json');
    await runCommand('/usr/bin/curl', [
      ...['-sSG', '-o', range],
      `http://127.0.0.1:${String(places.prometheus)}/api/v1/query_range`,
      ...['--data-urlencode', 'query=ALERTS or vector(0)'],
      ...['-d', `start=${String(startSeconds)}`],
      ...['-d', `end=${String(Math.floor(Date.now() / 1000))}`, '-d', 'step=1'],
    ]);
    t.match(await site.backtest(range), [
      {
        host,
        service: 'apache2',
        alerts: 2,
        kicks: count(entries, 'kick'),
        healed: 1,
      },
    ]);
    t.equal(count(entries, 'kick'), 1);
    t.match(await site.backtest(list), [
      { host, service: 'apache2', alerts: 1, kicks: 1 },
    ]);
  });
  await t.test(
    'it relapses within group_interval, of which Alertmanager says nothing',
    async (t) => {
      const entries = await crashAndHeal(t, site);
      t.equal(count(entries, 'outcome'), 1);
      t.equal(heldIn(entries).length, 1);
      // The pager's group may still be there, and has no group_wait then: until kicker knows of it, it may page.
      t.strictSame(
        heldIn(await site.history()).flatMap(({ fromMs, toMs }) =>
          site.pages.filter(({ atMs }) => atMs > fromMs && atMs < toMs),
        ),
        [],
        'nobody is paged while it is held',
      );
    },
  );
});

await t.test('in the middle', { skip }, async (t) => {
  const site = await startSite(t);
  await t.test('Alertmanager is killed and started again', async (t) => {
    const entries = await crashAndHeal(t, site, async () => {
      await site.waitFor('an event', ({ kind }) => kind === 'event');
      await site.alertmanager.restart();
    });
    t.equal(count(entries, 'outcome'), 1);
  });
  await t.test('kicker is killed and started again', async (t) => {
    const before = (await site.history()).length;
    const entries = await crashAndHeal(t, site, async () => {
      await waitFor(
        'a kick',
        async () =>
          (await site.history())
            .slice(before)
            .some(({ kind }) => kind === 'kick') || undefined,
        { timeoutMs: 60_000 },
      );
      await site.kicker.kill();
      await site.kicker.start();
    });
    t.equal(count(entries, 'outcome'), 1);
  });
  await t.test('two of them say the same', async (t) => {
    await site.startSecond();
    const entries = await crashAndHeal(t, site);
    t.equal(count(entries, 'outcome'), 1);
    t.ok(count(entries, 'event') >= 1);
  });
});

await t.test('the hold ends by itself', { skip }, async (t) => {
  const site = await startSite(t, {
    holdSeconds: 15,
    verifySeconds: 120,
    profile: `{type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}`,
  });
  await waitFor('green', async () => (await site.isGreen()) || undefined, {
    timeoutMs: 30_000,
  });
  await site.web.crash();
  await site.waitFor('the outcome', ({ kind }) => kind === 'outcome');
  await waitFor(
    'the silence',
    async () => {
      const reply = await fetch(
        `http://127.0.0.1:${String(places.alertmanager)}/api/v2/silences`,
      );
      const silences = (await reply.json()) as { createdBy: string }[];
      return (
        silences.some(({ createdBy }) => createdBy === 'kicker') || undefined
      );
    },
    { timeoutMs: 20_000 },
  );
  const killedMs = Date.now();
  await site.kicker.kill();
  t.strictSame(site.pages, [], 'nobody was paged so far');
  await waitFor('the page', () => site.pages.length > 0 || undefined, {
    timeoutMs: 60_000,
  });
  t.equal(site.pages[0]?.status, 'firing');
  t.comment(
    `the page went out ${String(((site.pages[0]?.atMs ?? 0) - killedMs) / 1000)} s after kicker was killed`,
  );
});
