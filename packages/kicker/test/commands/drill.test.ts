import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { takeLease } from '../../src/io/lease.ts';
import type { DrillEntry } from '../../src/ledger/entry.ts';
import {
  createParties,
  hostName,
  runId,
  type Behaviour,
  type FakeKickd,
} from '../fake-kickd.ts';
import {
  createMonitorHost,
  quickRule,
  startHost,
  until,
  type MonitorHost,
} from '../monitor-host.ts';
import { runKicker, startKicker, type Ended } from '../run-kicker.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);
const always = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '00:00',
  to: '24:00',
};
const agreed = { match: { host: 'Web1', service: 'HTTP' }, window: always };
/** the run that breaks, as kickd tells it */
const broke: Behaviour = {
  run: {
    state: 'ended',
    cm: 'drill',
    durationMs: 100,
    outcome: { kind: 'corrected', code: 'drill', corrected: [], failed: [] },
  },
};

interface Stage {
  kickd: FakeKickd;
  monitor: MonitorHost;
  drill(...args: string[]): Promise<Ended>;
  /** the drills of the ledger, oldest first */
  drills(): DrillEntry[];
}

async function createStage(
  t: Test,
  {
    state = 0,
    drill = [agreed],
    isServed = true,
  }: { state?: number; drill?: object[]; isServed?: boolean } = {},
): Promise<Stage> {
  const kickd = await startHost(t, host);
  kickd.behave('accept', broke);
  const statusFile = join(root, `status-${kickd.port}.dat`);
  const createdSeconds = Math.floor(Date.now() / 1000);
  writeFileSync(
    statusFile,
    [
      `info {\n\tcreated=${createdSeconds}\n\t}\n`,
      'hoststatus {\n\thost_name=Web1\n\tcurrent_state=0\n\t}\n',
      `servicestatus {\n\thost_name=Web1\n\tservice_description=HTTP\n\tcurrent_state=${state}\n\tlast_check=${createdSeconds}\n\t}\n`,
    ].join('\n'),
  );
  const monitor = createMonitorHost(t, root, {
    kicker,
    port: kickd.port,
    more: { hosts: { Web1: { certname: hostName, address: '127.0.0.1' } } },
  });
  const config = JSON.parse(readFileSync(monitor.config, 'utf8')) as {
    nagios: object;
  };
  config.nagios = { ...config.nagios, statusFile };
  writeFileSync(monitor.config, JSON.stringify(config));
  writeFileSync(
    monitor.rules,
    JSON.stringify({
      rules: [quickRule],
      ...(drill.length === 0 ? {} : { drill }),
    }),
  );
  if (isServed) {
    const lease = takeLease(monitor.ledger, 'test');
    if (lease === undefined) throw new Error('no lease');
    t.teardown(() => lease.release());
  }
  return {
    kickd,
    monitor,
    drill: (...args) =>
      runKicker(['drill', 'Web1', 'HTTP', ...args], {
        KICKER_CONFIG: monitor.config,
      }),
    drills: () =>
      monitor.ledger
        .history({ kinds: ['drill'] }, Number.MAX_SAFE_INTEGER, 50)
        .toReversed()
        .flatMap(({ entry }) => (entry.kind === 'drill' ? [entry.body] : [])),
  };
}

/** The drill has said that it broke the service; one that ends before fails here. */
async function saidBroken({
  stdout,
  nodeChildProcess,
}: ReturnType<typeof startKicker>['child']): Promise<void> {
  let said = '';
  stdout.on('data', (part) => (said += String(part)));
  await until(
    () => said.includes('broken') || nodeChildProcess.exitCode !== null,
  );
  if (!said.includes('broken')) throw new Error(`not broken: ${said}`);
}

const kicksOf = ({ kickd }: Stage) =>
  kickd.seen.flatMap(({ kick }) => kick ?? []);

t.test('the conditions, and nothing is sent', async (t) => {
  const stage = await createStage(t);
  const fine = await stage.drill('--dry-run');
  t.match(fine, { code: 0, stderr: '' });
  t.match(fine.stdout, /^yes {2}agreed\nyes {2}window\n/);
  t.notMatch(fine.stdout, /^(no |-)/m);

  const sick = await createStage(t, { state: 2, drill: [], isServed: false });
  const { code, stdout, stderr } = await sick.drill('--dry-run');
  t.equal(code, 1);
  t.equal(stderr, '');
  t.match(
    stdout,
    /^no {3}agreed: DRILL_NOT_AGREED: drill is not agreed: .*\n {7}fix: add to .*: drill: \[\{/m,
  );
  t.match(stdout, /^- {4}window$/m);
  t.match(stdout, /^no {3}served: DRILL_NOT_SERVED: /m);
  t.match(stdout, /^no {3}green: DRILL_NOT_GREEN: /m);
  t.match(stdout, /^yes {2}no storm$/m);
  const json = await sick.drill('--dry-run', '--json');
  t.match(JSON.parse(json.stdout.split('\n')[0] ?? ''), {
    version: 1,
    record: 'condition',
    name: 'agreed',
    ok: false,
    code: 'DRILL_NOT_AGREED',
  });

  const refused = await sick.drill();
  t.match(refused, { code: 1, stdout: '' });
  for (const word of ['NOT_AGREED', 'NOT_SERVED', 'NOT_GREEN']) {
    t.match(refused.stderr, new RegExp(`kicker: DRILL_${word}: `));
  }
  t.strictSame([...kicksOf(stage), ...kicksOf(sick)], []);
  t.strictSame([...stage.drills(), ...sick.drills()], []);
});

t.test('from the breakage to green', async (t) => {
  const stage = await createStage(t, { isServed: false });
  const { monitor, kickd } = stage;
  await monitor.serve();
  const { child, ended } = startKicker(
    ['drill', 'Web1', 'HTTP', '--reason', 'of the month', '--by', 'ada'],
    { KICKER_CONFIG: monitor.config },
  );
  await saidBroken(child);
  t.match(kicksOf(stage), [
    {
      cm: 'drill',
      certname: hostName,
      expires: String,
      because: { monitor: 'nagios', host: 'Web1', service: 'HTTP' },
    },
  ]);
  kickd.behave('accept', 'ended');
  // The interval between two kicks of a host is five minutes: the one that breaks does not count.
  t.strictSame(monitor.event(), { status: 0, said: '' });
  await until(() => monitor.commands().length === 2);
  monitor.event({ state: 'OK', attempt: '4' });
  const { code, stdout, stderr } = await ended;
  t.equal(stderr, '');
  t.equal(code, 0, stdout);
  t.match(
    stdout.split('\n'),
    [
      /^drill of Web1 \/ HTTP: asks web1\.example\.com to break it, kick /,
      new RegExp(`^ +\\+0\\.0 s {2}broken {2}on purpose, run ${runId}$`),
      /^ +\+\d+\.\d s {2}alert {3}nagios says CRITICAL SOFT, attempt 3$/,
      /^ +\+\d+\.\d s {2}decide {2}kick, rule all \(/,
      /^ +\+\d+\.\d s {2}send {4}the host accepted the kick: run /,
      /^ +\+\d+\.\d s {2}run {5}corrected Service\[apache2\]/,
      /^ +\+\d+\.\d s {2}green {3}healed /,
      /^drill passed: green \d+\.\d s after the breakage$/,
      /^ {2}alert \d.* s \(\d+ %\), decide .*, send .*, run .*, green .* s \(\d+ %\)$/,
      /^ {2}corrected: Service\[apache2\]$/,
    ],
    stdout,
  );
  const [, healing] = kicksOf(stage);
  t.match(stage.drills(), [
    { phase: 'began', by: 'ada', reason: 'of the month', service: 'HTTP' },
    { phase: 'ended', result: 'passed', healedBy: healing?.kick },
  ]);
  t.equal(healing?.cm, undefined);

  const env = { KICKER_CONFIG: monitor.config };
  const history = await runKicker(['history', '--host', 'Web1'], env);
  t.match(
    history.stdout,
    /Web1 \/ HTTP +DRILL: ada breaks this on purpose \(profile drill, until .*\): of the month$/m,
  );
  t.match(history.stdout, /Web1 \/ HTTP +DRILL passed: green \d/);
  const why = await runKicker(['why', 'Web1', 'HTTP'], env);
  t.match(
    why.stdout,
    /^Web1 \/ HTTP\n.*DRILL: ada breaks[^]* is CRITICAL SOFT[^]*healed[^]*DRILL passed/,
  );
  const whyKick = await runKicker(['why', healing?.kick ?? ''], env);
  t.equal(whyKick.stdout, why.stdout, 'by the kick that healed it');
  const again = await stage.drill();
  t.match(again, { code: 1, stderr: /DRILL_TOO_RECENT/ });
  t.equal(kicksOf(stage).length, 2);
});

t.test('no alert: the drill mends what it broke', async (t) => {
  const stage = await createStage(t);
  const ended = await stage.drill('--timeout', '1s', '--json');
  t.equal(ended.code, 1);
  t.equal(ended.stderr, '');
  const report = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as {
    look: string;
  };
  t.match(report, {
    record: 'report',
    result: 'failed',
    why: 'no alert came within 1 s',
    look: 'kicker doctor --monitor nagios',
    steps: [],
    mend: { result: 'accepted', run: runId },
    exit: 1,
  });
  const [breaking, mending] = kicksOf(stage);
  t.equal(breaking?.cm, 'drill');
  t.equal(mending?.cm, undefined, 'an ordinary run');
  t.match(mending?.because, { service: 'HTTP', since: String });
  t.equal(kicksOf(stage).length, 2, 'asked once');
  t.match(stage.drills(), [
    { phase: 'began', reason: 'no reason given' },
    { phase: 'ended', result: 'failed', why: 'no alert came within 1 s' },
  ]);
  const why = await runKicker(['why', 'Web1', 'HTTP'], {
    KICKER_CONFIG: stage.monitor.config,
  });
  t.match(why.stdout, /DRILL: [^]*DRILL failed: no alert came within 1 s/);
});

t.test('left broken', async (t) => {
  const stage = await createStage(t);
  const ended = await stage.drill('--timeout', '1s', '--leave-broken');
  t.match(ended, {
    code: 1,
    stdout:
      /drill failed: no alert came within 1 s\n {2}fix: kicker doctor --monitor nagios\n {2}Web1 \/ HTTP is left as it is \(--leave-broken\)\n$/,
  });
  t.equal(kicksOf(stage).length, 1);
});

t.test('interrupted', async (t) => {
  for (const [args, kicks, words] of [
    [[], 2, /a run by hand was asked for, to mend it: run /],
    [['--leave-broken'], 1, /is left as it is/],
  ] as const) {
    const stage = await createStage(t);
    const { child, ended } = startKicker(['drill', 'Web1', 'HTTP', ...args], {
      KICKER_CONFIG: stage.monitor.config,
    });
    await saidBroken(child);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    t.equal(code, 1);
    t.match(stdout, /drill failed: interrupted after \d+ s/);
    t.match(stdout, words);
    t.equal(kicksOf(stage).length, kicks);
    t.match(stage.drills().at(-1), { phase: 'ended', result: 'failed' });
  }
});

t.test('killed: it began, and what heals knows nothing of it', async (t) => {
  const stage = await createStage(t, { isServed: false });
  const { monitor, kickd } = stage;
  await monitor.serve();
  const { child, ended } = startKicker(['drill', 'Web1', 'HTTP'], {
    KICKER_CONFIG: monitor.config,
  });
  await saidBroken(child);
  child.kill('SIGKILL');
  await ended;
  t.match(stage.drills(), [{ phase: 'began' }]);
  t.equal(monitor.ledger.read('host', hostName), undefined);
  t.equal(monitor.ledger.read('service', `${hostName}\tHTTP`), undefined);
  t.strictSame(monitor.ledger.listOpen(1), []);
  t.match(await stage.drill('--dry-run'), {
    code: 1,
    stdout: /DRILL_UNDER_WAY[^]*DRILL_TOO_RECENT/,
  });
  kickd.behave('accept', 'ended');
  monitor.event();
  await until(() => monitor.commands().length === 2);
  monitor.event({ state: 'OK', attempt: '4' });
  await until(() => monitor.ledger.listOpen(1).length === 0);
  const why = await runKicker(['why', 'Web1', 'HTTP'], {
    KICKER_CONFIG: monitor.config,
  });
  t.match(why.stdout, /DRILL: [^]*is CRITICAL[^]*healed/);
  t.equal(kicksOf(stage).length, 2);
});

t.test('what the host refuses is not broken', async (t) => {
  const stage = await createStage(t);
  stage.kickd.behave({
    status: 403,
    code: 'ACL_DENIED',
    title: 'denied',
    remedy: 'kickd acl explain …',
  });
  const refused = await stage.drill();
  t.match(refused, {
    code: 3,
    stdout:
      /drill not begun, nothing is broken: ACL_DENIED: denied\n {2}fix: kickd acl explain/,
    stderr: '',
  });
  t.match(stage.drills(), [
    { phase: 'began' },
    { phase: 'ended', result: 'not-begun', why: 'ACL_DENIED: denied' },
  ]);
  stage.kickd.behave({
    run: {
      state: 'ended',
      outcome: {
        kind: 'refused',
        code: 'frozen',
        reason: 'upgrade',
        corrected: [],
        failed: [],
      },
    },
  });
  const frozen = await stage.drill();
  t.match(frozen, {
    code: 3,
    stdout: /nothing is broken: frozen: refused: up/,
  });
  t.equal(
    kicksOf(stage).length,
    2,
    'a drill that broke nothing does not count',
  );
});

t.test('a breakage that failed may have broken something', async (t) => {
  const stage = await createStage(t);
  stage.kickd.behave(
    {
      run: {
        state: 'ended',
        outcome: {
          kind: 'failed',
          code: 'exit-code',
          corrected: [],
          failed: [],
        },
      },
    },
    'accept',
  );
  t.match(await stage.drill(), {
    code: 1,
    stdout:
      /drill failed: the breakage is not known to have been made: exit-code: failed\n[^]*mend it: run/,
  });
  t.equal(kicksOf(stage).length, 2);
});

t.test(
  'a ledger that cannot be written keeps nothing from being mended',
  async (t) => {
    const stage = await createStage(t);
    const { child, ended } = startKicker(
      ['drill', 'Web1', 'HTTP', '--timeout', '1s'],
      { KICKER_CONFIG: stage.monitor.config },
    );
    await saidBroken(child);
    const other = new DatabaseSync(stage.monitor.ledger.file);
    other.exec('begin immediate');
    await stage.kickd.waitFor('POST', 2);
    other.exec('rollback');
    other.close();
    const { code, stdout, stderr } = await ended;
    t.equal(code, 1);
    t.match(stdout, /mend it: run /);
    t.match(stderr, /LEDGER_INCOMPLETE: .*LEDGER_UNWRITABLE/);
    t.match(stage.drills(), [{ phase: 'began' }]);
  },
);

t.test('another profile, and names that nobody knows', async (t) => {
  const stage = await createStage(t);
  t.match(await stage.drill('--profile', 'storm', '--timeout', '1s'), {
    stdout: /no alert/,
  });
  t.equal(kicksOf(stage)[0]?.cm, 'storm');
  t.match(await stage.drill('--monitor', 'icinga'), {
    code: 2,
    stderr: /MONITOR_UNKNOWN/,
  });
  const env = { KICKER_CONFIG: stage.monitor.config };
  t.match(await runKicker(['drill', 'Web*', 'HTTP'], env), {
    code: 2,
    stderr: /wildcard/i,
  });
});
