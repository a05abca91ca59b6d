/**
 * The loop on a real Icinga 2: a web service is killed with -9, Icinga calls the event command of deploy/icinga2, kicker
 * decides, kickd starts the service again, Icinga looks at once, and kicker sees it green.
 */
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { plainEnvironment } from './lab/command.ts';
import { missingIcinga } from './lab/icinga.ts';
import {
  host,
  http,
  odd,
  startSite,
  type Entry,
  type Site,
} from './lab/icinga-site.ts';
import { isHeld } from './lab/kicker-processes.ts';
import { startProcess } from './lab/processes.ts';
import { waitFor } from './lab/wait.ts';

const missing = missingIcinga();
const skip =
  missing.length === 0
    ? false
    : `apt-get install --no-install-recommends ${missing.join(' ')}`;

await t.test('Icinga 2', { skip }, async (t) => {
  const site = await startSite(t);
  await t.test('the least ApiUser of deploy/ is enough', (t) =>
    rights(t, site),
  );
  await t.test('killed with -9: one run, green at once', (t) => heals(t, site));
  await t.test('what it left behind, by kicker backtest', (t) =>
    backtests(t, site),
  );
  await t.test('by the stream alone', (t) => healsByStream(t, site));
  await t.test('Icinga starts anew in the middle', (t) =>
    icingaRestarts(t, site),
  );
  await t.test('kicker is killed in the middle', (t) => kickerDies(t, site));
  await t.test('kicker is killed while it holds the page: it goes out', (t) =>
    pageGoesOut(t, site),
  );
  await t.test('downtime of its host alone: no kick', (t) =>
    inDowntime(t, site),
  );
  await t.test('acknowledged by a person: no kick', (t) =>
    acknowledged(t, site),
  );
  await t.test('names of any characters', (t) => oddNames(t, site));
});

function isGreen(attrs: Record<string, unknown>): boolean {
  return attrs['state'] === 0 && attrs['acknowledgement'] === 0;
}

function isBroken(attrs: Record<string, unknown>): boolean {
  return attrs['state'] === 2;
}

function isBrokenHard(attrs: Record<string, unknown>): boolean {
  return isBroken(attrs) && attrs['state_type'] === 1;
}

function isVerdict({ kind }: Entry): boolean {
  return kind === 'verdict';
}

function isDecision(code: string): (entry: Entry) => boolean {
  return ({ kind, body }) =>
    kind === 'decision' && JSON.stringify(body).includes(`"${code}"`);
}

/** Waits until kicker and Icinga both say that it is over; then nothing of it is under way. */
async function settle(site: Site, since: number): Promise<void> {
  await judged(site, since);
  await site.icinga.waitService(http, 'green', isGreen);
  // What was not green in time is kicked once more: that belongs to it.
  await judged(site, since);
}

/** Waits until each kick since then has its verdict, and there is one. */
async function judged(site: Site, since: number): Promise<void> {
  await waitFor(
    'every kick to have its verdict',
    async () => {
      const told = await site.history(since);
      const verdicts = new Set(told.filter(isVerdict).map(({ kick }) => kick));
      const kicks = told.filter(({ kind }) => kind === 'kick');
      return (
        (kicks.length > 0 && kicks.every(({ kick }) => verdicts.has(kick))) ||
        undefined
      );
    },
    { timeoutMs: 150_000, explain: () => site.kicker.log().slice(-6000) },
  );
}

async function heals(t: Test, site: Site): Promise<void> {
  const { icinga, web } = site;
  const since = await site.last();
  const before = site.runs();
  const crashedMs = Date.now();
  await web.crash();
  await settle(site, since);
  const told = await site.history(since);
  t.match(told.find(isVerdict)?.body, { verdict: 'healed' });
  t.equal(told.filter(({ kind }) => kind === 'kick').length, 1);
  t.equal(site.runs() - before, 1, 'exactly one run');
  t.ok(await web.isUp());
  const outcome = told.find(({ kind }) => kind === 'outcome');
  t.match(outcome?.body, { kind: 'ended', outcome: { kind: 'corrected' } });
  const comments = JSON.stringify(
    await icinga.ask(
      '/v1/objects/comments',
      { filter: 'comment.service_name == s', filter_vars: { s: 'http' } },
      true,
    ),
  );
  t.match(comments, /corrected/, 'Icinga has the comment');
  t.notMatch(comments, /"entry_type":4/, 'and no acknowledgement any more');
  t.notOk(
    told.some(
      ({ kind, body }) => kind === 'action' && body['result'] !== 'done',
    ),
    'everything that was told arrived',
  );
  printTimeline(t, told, crashedMs, await icinga.service(http));
}

function printTimeline(
  t: Test,
  told: readonly Entry[],
  crashedMs: number,
  service: Record<string, unknown>,
): void {
  const line = (atMs: number, what: string): void =>
    t.comment(
      `${((atMs - crashedMs) / 1000).toFixed(2).padStart(6)} s  ${what}`,
    );
  for (const { at, kind, body } of told) {
    const { outcome, action } = body as {
      outcome?: { kind: string };
      action?: { feedback?: { kind: string } };
    };
    const what = [
      kind,
      body['state'],
      body['stateType'],
      body['attempt'],
      kind === 'decision' ? body['kind'] : '',
      body['code'],
      outcome?.kind,
      action?.feedback?.kind,
      body['verdict'],
    ];
    line(Date.parse(at), what.filter(Boolean).join(' '));
  }
  line(Number(service['last_state_change']) * 1000, 'Icinga shows OK');
}

/** The stream as docs/guides/icinga2.md saves it, and icinga2.log, of one loop: both show the kick that there was. */
async function backtests(t: Test, site: Site): Promise<void> {
  const { icinga, web } = site;
  const dir = mkdtempSync(join(tmpdir(), 'kickd-histories-'));
  chmodSync(dir, 0o755);
  const { ca, cert, key } = icinga.files;
  const stream = join(dir, 'events.jsonl');
  const { port } = new URL(icinga.url);
  const types =
    '"StateChange","AcknowledgementSet","AcknowledgementCleared","DowntimeStarted","DowntimeTriggered","DowntimeRemoved","Flapping"';
  const curl = startProcess(
    'icinga-stream',
    [
      '/usr/bin/curl',
      ...['-sSN', '-X', 'POST', '-o', stream],
      ...['--cacert', ca, '--cert', cert, '--key', key],
      ...['--resolve', `monitor.example.com:${port}:127.0.0.1`],
      ...['-H', 'Accept: application/json'],
      ...['-d', `{"queue":"history","types":[${types}]}`],
      `https://monitor.example.com:${port}/v1/events`,
    ],
    { env: plainEnvironment },
  );
  t.teardown(async () => {
    await curl.stop({ graceMs: 5000 });
    rmSync(dir, { recursive: true, force: true });
  });
  const logBefore = icinga.log().length;
  const since = await site.last();
  await web.crash();
  await settle(site, since);
  const kicks = (await site.history(since)).filter(
    ({ kind }) => kind === 'kick',
  );
  t.equal(kicks.length, 1, 'one kick was made');
  // Not only that the acknowledgement is cleared, which comes before it.
  await waitFor(
    'the stream to tell the end',
    () =>
      readFileSync(stream, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .some(
          ({ type, service, state }) =>
            type === 'StateChange' && service === 'http' && state === 0,
        ) || undefined,
    { timeoutMs: 20_000, explain: () => readFileSync(stream, 'utf8') },
  );
  const log = join(dir, 'icinga2.log');
  writeFileSync(log, icinga.log().slice(logBefore));
  for (const [file, form] of [
    [stream, 'icinga2-events'],
    [log, 'icinga2-log'],
  ] as const) {
    chmodSync(file, 0o644);
    t.match(await site.backtest(file, 'total'), [{ form, broken: 0 }]);
    const services = await site.backtest(file, 'service');
    t.match(
      services.find(({ service }) => service === 'http'),
      { host, kicks: kicks.length, healed: 1 },
      form,
    );
  }
}

async function healsByStream(t: Test, site: Site): Promise<void> {
  const { icinga, web } = site;
  await icinga.modify(http, { enable_event_handler: false });
  const since = await site.last();
  const before = site.runs();
  await web.crash();
  await settle(site, since);
  t.equal(site.runs() - before, 1, 'exactly one run');
  t.match((await site.history(since)).find(isVerdict)?.body, {
    verdict: 'healed',
  });
  await icinga.modify(http, { enable_event_handler: true });
}

async function icingaRestarts(t: Test, site: Site): Promise<void> {
  const { icinga, web } = site;
  const since = await site.last();
  const before = site.runs();
  await web.crash();
  await icinga.waitService(http, 'CRITICAL', isBroken);
  await icinga.restart();
  await settle(site, since);
  t.equal(site.runs() - before, 1, 'exactly one run');
  t.ok(await web.isUp());
}

async function kickerDies(t: Test, site: Site): Promise<void> {
  const { icinga, web, kicker } = site;
  const since = await site.last();
  const before = site.runs();
  await web.crash();
  await site.waitEntry('a kick', ({ kind }) => kind === 'kick', { since });
  await kicker.kill();
  await kicker.start();
  await settle(site, since);
  t.equal(site.runs() - before, 1, 'exactly one run');
  // Dead while it breaks: the handler starts kicker, or the next start finds what it missed.
  await icinga.modify(http, { enable_event_handler: false });
  await kicker.kill();
  const sinceNext = await site.last();
  await web.crash();
  await icinga.waitService(http, 'CRITICAL HARD', isBrokenHard);
  await kicker.start();
  await settle(site, sinceNext);
  t.equal(site.runs() - before, 2, 'exactly one more');
  await icinga.modify(http, { enable_event_handler: true });
}

async function pageGoesOut(t: Test, site: Site): Promise<void> {
  const { icinga, web, kicker } = site;
  const holdSeconds = 20;
  site.setTell(`{ comment: true, holdSeconds: ${String(holdSeconds)} }`);
  await kicker.kill();
  await kicker.start();
  const since = await site.last();
  web.setToolWorks(false);
  await web.crash();
  const held = await site.waitEntry('that it holds the page', isHeld, {
    since,
  });
  await kicker.kill();
  // It would start kicker again.
  await icinga.modify(http, { enable_event_handler: false });
  const before = site.pages();
  await icinga.waitService(http, 'CRITICAL HARD', isBrokenHard);
  const paged = await waitFor(
    'Icinga to call a person',
    () => site.pages()[before.length],
    { timeoutMs: 90_000, explain: () => icinga.log().slice(-4000) },
  );
  const { action } = held.body as {
    action: { feedback: { until: string } };
  };
  const untilMs = Date.parse(action.feedback.until);
  t.ok(paged >= untilMs, 'not while it was held');
  t.comment(
    `held at ${held.at} for ${String(holdSeconds)} s; the page went out ${String(paged - untilMs)} ms after its end`,
  );
  web.setToolWorks(true);
  site.setTell('{ comment: true, acknowledge: true }');
  await web.start();
  await icinga.modify(http, { enable_event_handler: true });
  await kicker.start();
  await settle(site, since);
}

async function inDowntime(t: Test, site: Site): Promise<void> {
  const { icinga, web } = site;
  const since = await site.last();
  const before = site.runs();
  const now = Math.floor(Date.now() / 1000);
  await icinga.act('schedule-downtime', {
    type: 'Host',
    host,
    author: 'ada',
    comment: 'kernel update',
    start_time: now - 10,
    end_time: now + 600,
    fixed: true,
  });
  await web.crash();
  await site.waitEntry('that it is in downtime', isDecision('in-downtime'), {
    since,
  });
  await icinga.waitService(http, 'CRITICAL HARD', isBrokenHard);
  t.equal(
    (await icinga.service(http))['downtime_depth'],
    0,
    'the service itself is in none',
  );
  t.equal(site.runs(), before, 'no run');
  // Its end is no event: kicker looks for it.
  await icinga.act('remove-downtime', { type: 'Host', host });
  await judged(site, since);
  t.equal(site.runs() - before, 1, 'one run when it is over');
  await icinga.waitService(http, 'green', isGreen);
}

async function acknowledged(t: Test, site: Site): Promise<void> {
  const { icinga, web } = site;
  const since = await site.last();
  const before = site.runs();
  await web.crash();
  await icinga.waitService(http, 'CRITICAL', isBroken);
  await icinga.act('acknowledge-problem', {
    type: 'Service',
    service: http,
    author: 'ada',
    comment: 'it is mine',
    sticky: true,
  });
  await site.waitEntry('that it is acknowledged', isDecision('acknowledged'), {
    since,
  });
  await icinga.waitService(http, 'CRITICAL HARD', isBrokenHard);
  t.equal(site.runs(), before, 'no run');
  // By whom it is, the stream says up to five seconds later; each event says that it is.
  t.equal((await icinga.service(http))['acknowledgement'], 2, 'and it stays');
  await icinga.act('remove-acknowledgement', {
    type: 'Service',
    service: http,
  });
  await judged(site, since);
  t.equal(site.runs() - before, 1);
  await icinga.waitService(http, 'green', isGreen);
}

async function oddNames(t: Test, site: Site): Promise<void> {
  const { icinga } = site;
  const name = `${odd.host}!${odd.service}`;
  await icinga.modify(name, { 'vars.dummy_state': 2 });
  await icinga.act('reschedule-check', {
    type: 'Service',
    service: name,
    force: true,
  });
  await site.waitEntry('an outcome', ({ kind }) => kind === 'outcome', {
    place: odd,
  });
  await icinga.modify(name, { 'vars.dummy_state': 0 });
  await site.waitEntry('that it helped', isVerdict, { place: odd });
  const told = await site.history(0, odd);
  t.match(told.find(isVerdict)?.body, { verdict: 'healed' });
  const actions = told.filter(({ kind }) => kind === 'action');
  t.ok(actions.length >= 3);
  t.ok(
    actions.every(({ body }) => body['result'] === 'done'),
    JSON.stringify(actions),
  );
  const { results } = (await icinga.ask(
    '/v1/objects/comments',
    { filter: 'comment.service_name == s', filter_vars: { s: odd.service } },
    true,
  )) as { results: unknown[] };
  t.ok(results.length > 0, 'Icinga has the comment');
}

async function rights(t: Test, { icinga, check }: Site): Promise<void> {
  const all = await check();
  t.strictSame(
    all.filter(({ ok }) => ok !== true),
    [],
  );
  t.equal(all.length, 6, JSON.stringify(all));
  for (const missing of ['actions/add-comment', 'events/Flapping']) {
    await icinga.withoutPermissions([missing]);
    const failed = (await check()).filter(({ ok }) => ok === false);
    t.match(failed, [{ code: 'ICINGA_RIGHTS', text: missing }]);
    t.equal(failed.length, 1);
  }
  await icinga.withoutPermissions([]);
  t.ok((await check()).every(({ ok }) => ok === true));
}
