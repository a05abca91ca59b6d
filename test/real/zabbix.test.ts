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
import { startCmHost, webPort, type CmHost } from './lab/cm-host.ts';
import { runCommand } from './lab/command.ts';
import {
  createKicker,
  timelineOf,
  type Entry,
} from './lab/kicker-processes.ts';
import { checkout } from './lab/places.ts';
import type { LabProcess } from './lab/processes.ts';
import { waitFor } from './lab/wait.ts';
import { missingZabbix, startZabbix, type Zabbix } from './lab/zabbix.ts';

const host = 'web1.example.com';
const receivePort = 29_254;
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
  const tokens = await setUp(zabbix, pager.url);
  for (const [name, token] of Object.entries(tokens)) {
    writeFileSync(join(dir, name), token, { mode: 0o600 });
  }
  writeKickerConfig(dir, web, zabbix);
  const started: LabProcess[] = [];
  t.teardown(async () => {
    for (const process of started) await process.stop({ graceMs: 5000 });
  });
  const kicker = createKicker('zabbix', join(dir, 'kicker.yaml'), {
    host,
    service: 'http',
  });
  const startKept = async (starting: Promise<LabProcess>) => {
    const process = await starting;
    started.push(process);
    return process;
  };
  let serve = await startKept(kicker.startServe());
  await startKept(kicker.startReceive());
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
      await serve.stop({ signal: 'SIGKILL' });
      serve = await startKept(kicker.startServe());
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
      await serve.stop({ signal: 'SIGKILL' });
      const page = await waitFor('a page', () => pager.pages[0], {
        timeoutMs: 180_000,
      });
      t.match(page.text, 'http is down');
      t.comment(
        `the page went out ${String((page.atMs - crashedMs) / 1000)} s after the crash`,
      );
      web.setToolWorks(true);
      await web.start();
      serve = await startKept(kicker.startServe());
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

/** Host, item, trigger, media type, action and the two users that kicker asks as. @returns what lies in token files */
async function setUp(
  zabbix: Zabbix,
  pager: string,
): Promise<Record<string, string>> {
  const { call } = zabbix;
  const first = async (method: string, params: unknown): Promise<string> =>
    Object.values(await call(method, params))[0]?.[0] ?? '';
  await call('host.update', { hostid: '10084', status: 1 });
  const group = await first('hostgroup.create', { name: 'web' });
  const hostid = await first('host.create', {
    host,
    name: 'Web server 1',
    groups: [{ groupid: group }],
    interfaces: [
      { type: 1, main: 1, useip: 1, ip: '127.0.0.1', dns: '', port: '10050' },
    ],
  });
  const [own] = await call<{ interfaceid: string }[]>('hostinterface.get', {
    hostids: hostid,
    output: ['interfaceid'],
  });
  const key = `net.tcp.service[tcp,127.0.0.1,${String(webPort)}]`;
  await call('item.create', {
    hostid,
    interfaceid: own?.interfaceid,
    name: 'http answers',
    key_: key,
    type: 3,
    value_type: 3,
    delay: '5s',
  });
  await call('trigger.create', {
    description: 'http is down on "{HOST.NAME}"',
    expression: `last(/${host}/${key})=0`,
    priority: 4,
    tags: [
      { tag: 'service', value: 'http' },
      { tag: 'kickd', value: 'yes' },
    ],
  });
  await call('usermacro.createglobal', {
    macro: '{$KICKER.TOKEN}',
    value: 'a-token',
    type: 1,
  });
  const source = readFileSync(
    join(checkout, 'deploy/zabbix/media-type.yaml'),
    'utf8',
  ).replace('127.0.0.1:8141', `127.0.0.1:${String(receivePort)}`);
  await call('configuration.import', {
    format: 'yaml',
    rules: { mediaTypes: { createMissing: true, updateExisting: true } },
    source,
  });
  const [media] = await call<{ mediatypeid: string }[]>('mediatype.get', {
    output: ['mediatypeid'],
    filter: { name: 'kicker' },
  });
  const readers = await first('usergroup.create', {
    name: 'kicker receives',
    rights: [{ id: group, permission: 2 }],
  });
  const user = await first('user.create', {
    username: 'kicker-media',
    passwd: 'Lab0-password!',
    roleid: '1',
    usrgrps: [{ usrgrpid: readers }],
    medias: [
      {
        mediatypeid: media?.mediatypeid,
        sendto: ['kicker'],
        active: 0,
        severity: 63,
        period: '1-7,00:00-24:00',
      },
    ],
  });
  const operation = {
    operationtype: 0,
    opmessage: { default_msg: 1, mediatypeid: media?.mediatypeid },
    opmessage_usr: [{ userid: user }],
  };
  const pagerMedia = await first('mediatype.create', {
    name: 'pager',
    type: 4,
    script: `new HttpRequest().post('${pager}', value); return 'OK';`,
    parameters: [{ name: 'subject', value: '{ALERT.SUBJECT}' }],
  });
  const ada = await first('user.create', {
    username: 'ada',
    passwd: 'Lab0-password!',
    roleid: '1',
    usrgrps: [{ usrgrpid: readers }],
    medias: [
      {
        mediatypeid: pagerMedia,
        sendto: ['ada'],
        active: 0,
        severity: 63,
        period: '1-7,00:00-24:00',
      },
    ],
  });
  // As the guide has it: a later step, which a problem that is over does not come to.
  const page = {
    operationtype: 0,
    esc_step_from: 2,
    esc_step_to: 2,
    opmessage: {
      default_msg: 0,
      mediatypeid: pagerMedia,
      subject: '{EVENT.NAME}',
      message: '{EVENT.ID}',
    },
    opmessage_usr: [{ userid: ada }],
  };
  await call('action.create', {
    name: 'kicker',
    eventsource: 0,
    status: 0,
    esc_period: '1m',
    pause_suppressed: 1,
    filter: {
      evaltype: 0,
      conditions: [
        { conditiontype: 26, operator: 0, value: 'yes', value2: 'kickd' },
      ],
    },
    operations: [{ ...operation, esc_step_from: 1, esc_step_to: 1 }, page],
    recovery_operations: [operation],
    update_operations: [operation],
  });
  const writers = await first('usergroup.create', {
    name: 'kicker asks',
    rights: [{ id: group, permission: 3 }],
  });
  const tokenOf = async (
    name: string,
    type: string,
    api: string[],
    actions: string[],
  ): Promise<string> => {
    const all = [
      'edit_dashboards',
      'edit_maps',
      'acknowledge_problems',
      'close_problems',
      'change_severity',
      'add_problem_comments',
      'execute_scripts',
      'manage_api_tokens',
      'edit_maintenance',
      'manage_scheduled_reports',
      'manage_sla',
    ];
    const roleid = await first('role.create', {
      name,
      type,
      rules: {
        'ui.default_access': '0',
        ui: [{ name: 'monitoring.dashboard', status: '1' }],
        'actions.default_access': '0',
        actions: all.map((action) => ({
          name: action,
          status: actions.includes(action) ? '1' : '0',
        })),
        'api.access': '1',
        'api.mode': '1',
        api,
      },
    });
    const userid = await first('user.create', {
      username: name,
      passwd: 'Lab0-password!',
      roleid,
      usrgrps: [{ usrgrpid: writers }],
    });
    const token = await first('token.create', { name, userid });
    const [made] = await call<{ token: string }[]>('token.generate', [token]);
    return made?.token ?? '';
  };
  return {
    'zabbix.token': 'a-token',
    'zabbix-api.token': await tokenOf(
      'kicker',
      '2',
      ['problem.get', 'trigger.get', 'event.acknowledge'],
      ['acknowledge_problems', 'add_problem_comments'],
    ),
    'zabbix-recheck.token': await tokenOf(
      'kicker-recheck',
      '3',
      ['task.create'],
      [],
    ),
  };
}

/** What deploy/zabbix has, with the places of the test. */
function writeKickerConfig(
  dir: string,
  { port, client }: CmHost,
  { api }: Zabbix,
): void {
  writeFileSync(
    join(dir, 'rules.yaml'),
    `rules:
  - name: lab
    match: { host: '*' }
    coolDownSeconds: 0
    verifySeconds: 60
    attempts: { perProblem: 1, perPeriod: 100 }
    futility: { runs: 10, relapseSeconds: 0 }
guards: { hostIntervalSeconds: 0, flapping: { low: 98, high: 99 } }
`,
  );
  writeFileSync(
    join(dir, 'kicker.yaml'),
    readFileSync(join(checkout, 'deploy/zabbix/kicker.yaml'), 'utf8')
      .replace('http://127.0.0.1/zabbix', api)
      .replace('port: 8141', `port: ${String(receivePort)}`)
      .replaceAll('/etc/kicker/', `${dir}/`) +
      `tls: ${JSON.stringify(client)}
certname: monitor.example.com
hosts: { ${host}: { address: 127.0.0.1, port: ${String(port)} } }
rules: ${dir}/rules.yaml
ledger: ${dir}/ledger.sqlite
spool: ${dir}/spool
`,
  );
}
