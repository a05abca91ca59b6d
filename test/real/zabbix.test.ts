/**
 * The loop on a real Zabbix 6.0: a web service is killed with -9, its trigger fires, the media type of deploy/zabbix sends
 * it to `kicker receive`, kickd starts the service again, kicker has Zabbix look at once, and the problem is gone.
 */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startCmHost } from './lab/cm-host.ts';
import { runCommand } from './lab/command.ts';
import {
  createKicker,
  timelineOf,
  type Entry,
} from './lab/kicker-processes.ts';
import type { LabProcess } from './lab/processes.ts';
import { waitFor } from './lab/wait.ts';
import { missingZabbix, startZabbix } from './lab/zabbix.ts';
import { host, setUpZabbix, writeZabbixKicker } from './lab/zabbix-site.ts';

const missing = missingZabbix();
const skip =
  missing.length === 0
    ? false
    : `apt-get install --no-install-recommends ${missing.join(' ')}`;

await t.test('Zabbix', { skip }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-zabbix-'));
  const zabbix = await startZabbix(dir);
  t.teardown(async () => {
    await zabbix.close();
    rmSync(dir, { recursive: true, force: true });
  });
  mkdirSync(join(dir, 'web'));
  const web = await startCmHost(
    join(dir, 'web'),
    `{type: command, argv: [${dir}/web/webctl, start, ${dir}/web], exitCodes: {'0': unchanged, '2': corrected}}`,
  );
  t.teardown(() => web.close());
  const pager = await startPager(t);
  const tokens = await setUpZabbix(zabbix, { pager: pager.url });
  for (const [name, token] of Object.entries(tokens)) {
    writeFileSync(join(dir, name), token, { mode: 0o600 });
  }
  writeZabbixKicker(dir, web, zabbix);
  const started: LabProcess[] = [];
  t.teardown(async () => {
    for (const process of started) await process.stop({ graceMs: 5000 });
  });
  const kicker = createKicker(
    'zabbix',
    join(dir, 'kicker.yaml'),
    { host, service: 'http' },
    started,
  );
  const serve = await kicker.startBoth();
  const { history, waitHistory } = kicker;
  const openProblems = () =>
    zabbix.call<{ eventid: string; acknowledges: { message: string }[] }[]>(
      'problem.get',
      { output: 'extend', selectAcknowledges: 'extend' },
    );
  await waitFor(
    'the first value',
    async () => {
      const items = await zabbix.call<{ lastvalue: string }[]>('item.get', {
        output: ['lastvalue'],
        // templates have such items as well
        host,
      });
      return items[0]?.lastvalue === '1' ? true : undefined;
    },
    {
      timeoutMs: 120_000,
      explain: () =>
        readFileSync(join(dir, 'run/server.log'), 'utf8').slice(-3000),
    },
  );

  const crashAndHeal = async (
    t: Test,
    meanwhile: () => Promise<void> = async () => {},
  ): Promise<Entry[]> => {
    const before = (await history()).length;
    const crashedMs = Date.now();
    await web.crash();
    await meanwhile();
    const entries = await waitHistory(
      'a verdict',
      (all) => {
        const found = all.slice(before);
        return found.some(({ kind }) => kind === 'verdict') ? found : undefined;
      },
      120_000,
    );
    for (const line of timelineOf(entries, crashedMs)) t.comment(line);
    t.ok(await web.isUp());
    await waitFor(
      'no open problem',
      async () => ((await openProblems()).length === 0 ? true : undefined),
      { timeoutMs: 60_000 },
    );
    return entries;
  };
  const outcomes = (entries: readonly Entry[]): number =>
    entries.filter(({ kind }) => kind === 'outcome').length;

  await t.test('check says what it may do', async (t) => {
    const [program, ...args] = kicker.command('check');
    const { output } = await runCommand(program, args);
    t.match(output, /version 6\.0/);
    for (const method of [
      'problem.get',
      'trigger.get',
      'event.acknowledge',
      'task.create',
    ]) {
      t.match(output, new RegExp(`right +${method}|${method}`));
    }
    t.match(output, /1 of hosts that the token may see carry kickd: yes/);
    t.notMatch(output, /ZABBIX_/);
  });
  await t.test('killed with -9: one run, green with a recheck', async (t) => {
    const entries = await crashAndHeal(t);
    t.equal(outcomes(entries), 1);
    t.match(entries.find(({ kind }) => kind === 'verdict')?.body, {
      verdict: 'healed',
    });
    const events = () =>
      zabbix.call<{ acknowledges: { message: string }[] }[]>('event.get', {
        output: ['eventid'],
        select_acknowledges: 'extend',
        source: 0,
        object: 0,
        value: 1,
      });
    const comment = await waitFor(
      'the comment',
      async () =>
        (await events())
          .flatMap(({ acknowledges }) => acknowledges)
          .find(({ message }) => message.startsWith('kicker: corrected')),
      { timeoutMs: 20_000 },
    );
    t.match(comment.message, /kick [0-9a-f-]{36}$/);
  });
  await t.test('the server is killed while the service breaks', async (t) => {
    const entries = await crashAndHeal(t, async () => {
      await zabbix.restartServer();
    });
    t.equal(outcomes(entries), 1);
  });
  await t.test('kicker is killed in the middle', async (t) => {
    const before = (await history()).length;
    const entries = await crashAndHeal(t, async () => {
      await waitFor(
        'a kick',
        async () =>
          (await history()).slice(before).some(({ kind }) => kind === 'kick') ||
          undefined,
        { timeoutMs: 60_000 },
      );
      await serve.kill();
      await serve.start();
    });
    t.equal(outcomes(entries), 1);
  });
  await t.test(
    'kicker is killed while it heals: the page goes out',
    async (t) => {
      t.strictSame(pager.pages, [], 'nobody was called for what healed');
      const before = (await history()).length;
      web.setToolWorks(false);
      const crashedMs = Date.now();
      await web.crash();
      await waitHistory(
        'a kick',
        (all) => all.slice(before).find(({ kind }) => kind === 'kick'),
        60_000,
      );
      await serve.kill();
      const page = await waitFor('a page', () => pager.pages[0], {
        timeoutMs: 180_000,
      });
      t.match(page.text, 'http is down');
      t.comment(
        `the page went out ${String((page.atMs - crashedMs) / 1000)} s after the crash`,
      );
      web.setToolWorks(true);
      await web.start();
      await serve.start();
      await waitFor(
        'no open problem',
        async () => ((await openProblems()).length === 0 ? true : undefined),
        { timeoutMs: 60_000 },
      );
    },
  );
});

/** Whoever is called by Zabbix. */
async function startPager(t: Test) {
  const pages: { atMs: number; text: string }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      pages.push({ atMs: Date.now(), text });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { pages, url: `http://127.0.0.1:${String(port)}/` };
}
