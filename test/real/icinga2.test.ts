/**
 * The loop on a real Icinga 2: a web service is killed with -9, Icinga calls the event command of deploy/icinga2, kicker
 * decides, kickd starts the service again, Icinga looks at once, and kicker sees it green.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startCmHost, webPort, type CmHost } from './lab/cm-host.ts';
import { mustRun, plainEnvironment, runCommand } from './lab/command.ts';
import { missingIcinga, startIcinga, type Icinga } from './lab/icinga.ts';
import { kickerCommand } from './lab/kicker.ts';
import { checkout } from './lab/places.ts';
import { startProcess, type LabProcess } from './lab/processes.ts';
import { waitFor } from './lab/wait.ts';

const host = 'web1.example.com';
const http = `${host}!http`;
const odd = { host: `Büro ✓ 1`, service: `a;b "q" $x$ 'p' \\ %41` };
const missing = missingIcinga();
const skip =
  missing.length === 0
    ? false
    : `apt-get install --no-install-recommends ${missing.join(' ')}`;

interface Entry {
  seq: number;
  at: string;
  kind: string;
  kick?: string;
  body: Record<string, unknown>;
}

interface Site {
  icinga: Icinga;
  web: CmHost;
  kicker: { kill(): Promise<void>; start(): Promise<void>; log(): string };
  /** what the ledger has of a service after `since`, oldest first */
  history(since?: number, place?: typeof odd): Promise<Entry[]>;
  waitEntry(
    what: string,
    fits: (entry: Entry) => boolean,
    options?: { since?: number; place?: typeof odd; timeoutMs?: number },
  ): Promise<Entry>;
  last(): Promise<number>;
  /** runs that kickd has begun so far */
  runs(): number;
  /** when a person was called by Icinga about the service, epoch milliseconds */
  pages(): number[];
  /** what is told of a kick, from the next start of kicker on */
  setTell(tell: string): Promise<void>;
  check(): Promise<
    { step: string; ok?: boolean; code?: string; text: string }[]
  >;
}

await t.test('Icinga 2', { skip }, async (t) => {
  const site = await startSite(t);
  await t.test('the least ApiUser of deploy/ is enough', (t) =>
    rights(t, site),
  );
  await t.test('killed with -9: one run, green at once', (t) => heals(t, site));
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

async function startSite(t: Test): Promise<Site> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-icinga-'));
  chmodSync(dir, 0o755);
  for (const name of ['web', 'icinga', 'kicker']) mkdirSync(join(dir, name));
  const home = join(dir, 'kicker');
  const config = join(home, 'kicker.yaml');
  const closers: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const close of closers.toReversed()) await close();
    rmSync(dir, { recursive: true, force: true });
  });
  const web = await startCmHost(
    join(dir, 'web'),
    `{type: command, argv: [${dir}/web/webctl, start, ${dir}/web], exitCodes: {'0': unchanged, '2': corrected}}`,
  );
  closers.push(() => web.close());
  const icinga = await startIcinga(join(dir, 'icinga'), {
    objects: objectsOf(join(dir, 'icinga/pages')),
    env: {
      KICKER: join(checkout, 'packages/kicker/bin/kicker'),
      KICKER_CONFIG: config,
      KICKER_SPOOL: join(home, 'spool'),
    },
  });
  closers.push(() => icinga.close());
  await writeKicker(home, web, icinga);

  const kicker = (...args: string[]): [string, ...string[]] =>
    kickerCommand([...args, `--config=${config}`]);
  const say = async (...args: string[]): Promise<string> => {
    const [program, ...rest] = kicker(...args);
    const { output } = await runCommand(program, rest, {
      env: plainEnvironment,
    });
    return output;
  };
  const startServe = async (): Promise<LabProcess> => {
    const process = startProcess('kicker-icinga', kicker('serve'), {
      env: plainEnvironment,
    });
    const text = (): string => readFileSync(process.log, 'utf8');
    await waitFor(
      'kicker to serve',
      () => {
        if (!process.isRunning()) throw new Error(`kicker ended:\n${text()}`);
        return text().includes('"event":"serving"') || undefined;
      },
      { timeoutMs: 30_000, watch: [process.log], explain: text },
    );
    return process;
  };
  let serve = await startServe();
  closers.push(() => serve.stop({ graceMs: 25_000 }));
  const log = (): string => readFileSync(serve.log, 'utf8');

  const history: Site['history'] = async (
    since = 0,
    place = { host, service: 'http' },
  ) =>
    (
      await say(
        'history',
        `--host=${place.host}`,
        `--service=${place.service}`,
        '--kind=all',
        '--limit=10000',
        '--json',
      )
    )
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Entry)
      .filter(({ seq }) => seq > since)
      .toReversed();
  await icinga.waitService(http, 'OK', ({ state }) => state === 0);
  return {
    icinga,
    web,
    kicker: {
      kill: () => serve.stop({ signal: 'SIGKILL' }),
      start: async () => {
        serve = await startServe();
      },
      log,
    },
    history,
    waitEntry: (what, fits, { since = 0, place, timeoutMs = 90_000 } = {}) => {
      let askedMs = 0;
      return waitFor(
        `kicker to write ${what}`,
        async () => {
          // Each look is a process.
          if (performance.now() - askedMs < 300) return undefined;
          const found = (await history(since, place)).find(fits);
          askedMs = performance.now();
          return found;
        },
        { timeoutMs, explain: () => log().slice(-6000) },
      );
    },
    last: async () => (await history()).at(-1)?.seq ?? 0,
    runs: () =>
      readFileSync(join(dir, 'web/kickd.log'), 'utf8').split(
        '"event":"run-started"',
      ).length - 1,
    pages: () =>
      existsSync(join(dir, 'icinga/pages'))
        ? readFileSync(join(dir, 'icinga/pages'), 'utf8')
            .trim()
            .split('\n')
            .map(Number)
        : [],
    setTell: (tell) => writeRules(home, tell),
    check: async () =>
      (await say('check', '--json'))
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map(
          (line) => JSON.parse(line) as Awaited<ReturnType<Site['check']>>[0],
        )
        .filter(({ step }) => step.startsWith('icinga')),
  };
}

/** Two hosts of one machine: the one that is healed, and one whose names hold everything that a name may. */
function objectsOf(pages: string): string {
  return `
object User "ada" {}
object NotificationCommand "page" { command = [ "/bin/sh", "-c", "date +%s%3N >> ${pages}" ] }
apply Notification "page" to Service {
  command = "page", users = [ "ada" ], types = [ Problem ], interval = 0
  assign where service.name == "http"
}

object CheckCommand "up" { command = [ "/bin/true" ] }
object HostGroup "web" {}
template Host "lab" { check_command = "up", check_interval = 30s, max_check_attempts = 2, address = "127.0.0.1", groups = [ "web" ] }
object Host "${host}" { import "lab", vars.kickd = true, vars.role = "web", vars.http_port = ${String(webPort)} }
object Host "web2.example.com" { import "lab" }
object Host "web3.example.com" { import "lab" }
object Host "${odd.host}" { import "lab" }
object Service ${JSON.stringify(odd.service)} {
  import "kicker-healed"
  host_name = "${odd.host}", check_command = "dummy", vars.dummy_state = 0
}
`;
}

async function writeKicker(
  home: string,
  { port, client }: CmHost,
  icinga: Icinga,
): Promise<void> {
  const own = Object.fromEntries(
    Object.entries(client).map(([name, file]) => {
      const copy = join(home, `${name}.pem`);
      writeFileSync(copy, readFileSync(file), { mode: 0o600 });
      return [name, copy];
    }),
  );
  const monitors = readFileSync(
    join(checkout, 'deploy/icinga2/kicker.yaml'),
    'utf8',
  )
    .replace('https://127.0.0.1:5665', icinga.url)
    .replace('/etc/kicker/icinga/ca.crt', icinga.files.ca)
    .replace('/etc/kicker/icinga/kicker.crt', icinga.files.cert)
    .replace('/etc/kicker/icinga/kicker.key', icinga.files.key);
  const target = `{certname: ${host}, address: 127.0.0.1, port: ${String(port)}}`;
  writeFileSync(
    join(home, 'kicker.yaml'),
    `${monitors}
tls: ${JSON.stringify(own)}
hosts:
  ${host}: ${target}
  ${JSON.stringify(odd.host)}: ${target}
ledger: ${home}/ledger.sqlite
rules: ${home}/rules.yaml
`,
  );
  await writeRules(home, '{ comment: true, acknowledge: true }');
}

async function writeRules(home: string, tell: string): Promise<void> {
  writeFileSync(
    join(home, 'rules.yaml'),
    `rules:
  - name: lab
    match: { host: '*' }
    coolDownSeconds: 0
    verifySeconds: 30
    attempts: { perProblem: 1, perPeriod: 100 }
    futility: { runs: 10, relapseSeconds: 0 }
    tell: ${tell}
guards: { hostIntervalSeconds: 0, flapping: { low: 98, high: 99 }, share: { hosts: 4 } }
`,
  );
  await mustRun('chown', ['-R', 'nagios:nagios', home]);
}

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
async function settle(
  { icinga, waitEntry }: Site,
  since: number,
): Promise<void> {
  await waitEntry('that it helped', isVerdict, { since });
  await icinga.waitService(http, 'green', isGreen);
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
  await site.setTell(`{ comment: true, holdSeconds: ${String(holdSeconds)} }`);
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
  await site.setTell('{ comment: true, acknowledge: true }');
  await web.start();
  await icinga.modify(http, { enable_event_handler: true });
  await kicker.start();
  await settle(site, since);
}

function isHeld({ kind, body }: Entry): boolean {
  return (
    kind === 'action' &&
    body['result'] === 'done' &&
    JSON.stringify(body).includes('"kind":"hold"')
  );
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
  await site.waitEntry('that it helped', isVerdict, {
    since,
    timeoutMs: 150_000,
  });
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
  await site.waitEntry('that it helped', isVerdict, {
    since,
    timeoutMs: 150_000,
  });
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
