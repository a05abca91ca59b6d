import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { runKicker } from '../run-kicker.ts';

const start = 1_767_225_600;

/** One problem that goes HARD and ends after `seconds`. */
function problem(
  at: number,
  host: string,
  service: string,
  seconds: number,
): string[] {
  const line = (after: number, text: string): string =>
    `[${start + at + after}] SERVICE ALERT: ${host};${service};${text};output; more`;
  return [
    line(0, 'CRITICAL;SOFT;1'),
    line(60, 'CRITICAL;SOFT;2'),
    line(120, 'CRITICAL;SOFT;3'),
    line(180, 'CRITICAL;HARD;4'),
    line(seconds, 'OK;HARD;4'),
  ];
}

const day = 24 * 60 * 60;
/** The first is healed in the window; the second lasts; the third in downtime; then many at once. */
const january = [
  `[${start}] LOG ROTATION: DAILY`,
  ...problem(100, 'web1', 'HTTP', 200),
  `[${start + 400}] SERVICE NOTIFICATION: ops;web1;HTTP;OK;notify;x`,
  ...problem(day, 'web2', 'HTTP', 10 * 60 * 60),
].join('\n');
const february = [
  `[${start + 2 * day}] HOST DOWNTIME ALERT: web3;STARTED; Host has entered`,
  ...problem(2 * day + 10, 'web3', 'HTTP', 200),
  'rubbish',
  ...['1', '2', '3', '4', '5', '6']
    .map((host) => problem(3 * day, `db${host}`, 'SQL', 3000))
    .flat()
    .toSorted((a, b) => Number(a.slice(1, 11)) - Number(b.slice(1, 11))),
].join('\n');

function createSite(t: Test) {
  const dir = t.testdir({
    'kicker.yaml': '',
    // By name the second would come first.
    'b-january.log': january,
    'one.yaml':
      'rules: [{name: once, match: {host: "*"}, attempts: {perProblem: 1}}]',
    'web.yaml': 'rules: [{name: web, match: {host: "web*"}}]',
    'objects.cache': `define hostgroup {\n\thostgroup_name\tdb\n\tmembers\tdb1,db2,db3,db4,db5,db6\n\t}\n`,
  });
  writeFileSync(join(dir, 'a-february.log.gz'), gzipSync(february));
  const backtest = (...args: string[]) =>
    runKicker(['backtest', `--config=${join(dir, 'kicker.yaml')}`, ...args]);
  const logs = [
    `--nagios-log=${join(dir, 'a-february.log.gz')}`,
    join(dir, 'b-january.log'),
  ];
  return { dir, backtest, logs };
}

const json = (stdout: string): { kind: string; [name: string]: unknown }[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

void t.test('what the built-in rule would have done', async (t) => {
  const { dir, backtest, logs } = createSite(t);
  const { code, stdout, stderr } = await backtest(
    ...logs,
    `--objects=${join(dir, 'objects.cache')}`,
    '--json',
  );
  t.equal(stderr, '', 'no bar where stderr is no terminal');
  t.equal(code, 0);
  const [total, ...services] = json(stdout);
  t.match(total, {
    kind: 'total',
    files: 2,
    from: '2026-01-01T00:00:00.000Z',
    lines: 49,
    broken: 1,
    items: { alert: 45, rotation: 1, downtime: 1, other: 1 },
    rules: 'built in',
    // web1: SOFT 3, and HARD while it is verified. web2: twice, then nobody tries any more.
    kicks: 3,
    healed: 1,
    codes: { 'in-downtime': 4, storm: 12, verifying: 2 },
    storms: { db: 1 },
  });
  const of = (host: string) => services.find((one) => one['host'] === host);
  t.match(of('web1'), { alerts: 5, kicks: 1, healed: 1, pages: 0 });
  t.match(of('web2'), { alerts: 5, kicks: 2, healed: 0, pages: 1 });
  t.match(of('web3'), { alerts: 5, kicks: 0, pages: 0 });
  const pages = services.reduce((sum, one) => sum + Number(one['pages']), 0);
  t.equal(pages, 2, 'one for web2, one for the storm');
});

void t.test('in words, with what was assumed', async (t) => {
  const { backtest, logs } = createSite(t);
  const { stdout } = await backtest(...logs);
  t.match(
    stdout,
    /^2 files, 2026-01-01 to 2026-01-04: 49 lines, 45 alerts, 1 lines not understood/,
  );
  t.match(stdout, /web2 \/ HTTP +5 +2 +0 +0/);
  t.match(stdout, /assumed: every kick gets through, and its run lasts 60 s/);
  t.match(stdout, /assumed: host groups are not known/);
});

void t.test('what differs from other rules', async (t) => {
  const { dir, backtest, logs } = createSite(t);
  const args = [
    ...logs,
    `--rules=${join(dir, 'web.yaml')}`,
    `--against=${join(dir, 'one.yaml')}`,
  ];
  const { stdout } = await backtest(...args);
  t.match(stdout, /kicks 3 instead of 8; \d+ alerts decided otherwise/);
  t.match(stdout, /web2 \/ HTTP: kicks 2 instead of 1/);
  t.match(stdout, /db1 \/ SQL CRITICAL SOFT 3: skip no-rule instead of kick/);
  const lines = json((await backtest(...args, '--json')).stdout);
  t.match(
    lines.find(({ kind }) => kind === 'against'),
    { kicks: 8 },
  );
  t.match(lines.filter(({ kind }) => kind === 'changed').length, 7);
});

void t.test('the same log, the same report', async (t) => {
  const { backtest, logs } = createSite(t);
  const one = await backtest(...logs, '--json');
  t.equal((await backtest(...logs, '--json')).stdout, one.stdout);
});

void t.test('mistakes', async (t) => {
  const { dir, backtest } = createSite(t);
  writeFileSync(join(dir, 'cut.gz'), gzipSync(january).subarray(0, 60));
  writeFileSync(join(dir, 'text.log'), 'nothing of Nagios\n');
  const rows: [string[], RegExp][] = [
    [[], /USAGE: no file is named/],
    [['/nonexistent'], /FILE_UNREADABLE: \/nonexistent .*ENOENT/],
    [[dir], /FILE_UNREADABLE.*no file/],
    [[join(dir, 'cut.gz')], /FILE_UNREADABLE.*Z_BUF_ERROR/],
    [[join(dir, 'text.log')], /LOG_EMPTY/],
    [[join(dir, 'b-january.log'), '--rules=/nonexistent'], /RULES_MISSING/],
    [[join(dir, 'b-january.log'), '--run-seconds=0'], /USAGE_VALUE/],
  ];
  for (const [args, pattern] of rows) {
    const ended = await backtest(...args);
    t.equal(ended.code, 2);
    t.match(ended.stderr, pattern);
  }
});
