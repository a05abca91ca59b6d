/** `kicker backtest` of histories that real monitors left: see test/real/histories.test.ts for how they are made. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { runBacktest, type Backtested } from '../run-backtest.ts';

const folder = new URL('histories/', import.meta.url);
const golden = (name: string): string =>
  readFileSync(new URL(name, folder), 'latin1');
const events = golden('icinga2-events.jsonl');

/** Files with these bytes, in the order of their names. */
function backtest(
  t: Test,
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  config = '',
): Promise<Backtested> {
  const dir = t.testdir({ 'kicker.yaml': config });
  const names = Object.entries(files).map(([name, text]) => {
    const bytes = Buffer.from(text, 'latin1');
    writeFileSync(
      join(dir, name),
      name.endsWith('.gz') ? gzipSync(bytes) : bytes,
    );
    return join(dir, name);
  });
  return runBacktest(['--json', ...args, ...names], {
    config: join(dir, 'kicker.yaml'),
  });
}
const serviceOf = (read: Backtested, name: string) =>
  read.of('service').find(({ service }) => service === name);

void t.test('Icinga 2: its three logs of one hour agree', async (t) => {
  for (const [name, form] of [
    ['icinga2-events.jsonl', 'icinga2-events'],
    ['icinga2.log', 'icinga2-log'],
    ['icinga2-compat.log', 'nagios'],
  ] as const) {
    const read = await backtest(t, { [name]: golden(name) });
    t.strictSame(read.faults, [], name);
    t.match(read.of('total'), [{ form, broken: 0 }], name);
    t.match(
      serviceOf(read, 'http'),
      { host: 'web1.example.com', alerts: 8, kicks: 1, healed: 1, refused: 5 },
      name,
    );
    t.match(
      read.of('total'),
      [{ codes: { 'in-downtime': 3, 'attempt-not-reached': 2 } }],
      name,
    );
  }
});

void t.test('icinga2.log says much a dozen times a second', async (t) => {
  const read = await backtest(t, { a: golden('icinga2.log') });
  t.match(read.of('total'), [{ repeated: 3, items: { alert: 25 } }]);
});

void t.test('Prometheus and Alertmanager', async (t) => {
  const range = await backtest(t, { a: golden('prometheus-range.json') });
  t.strictSame(range.faults, []);
  t.match(range.of('total'), [{ form: 'prometheus', broken: 0 }]);
  t.match(serviceOf(range, 'apache2'), {
    host: 'web1.example.com',
    alerts: 3,
    kicks: 2,
  });
  const list = await backtest(t, { a: golden('alertmanager-alerts.json') });
  t.match(list.of('total'), [{ form: 'alertmanager', broken: 0 }]);
  t.match(serviceOf(list, 'apache2'), { alerts: 1 });
});

void t.test('by the settings of --monitor', async (t) => {
  const config =
    'monitors: {am: {kind: alertmanager, serviceLabel: job}, icinga: {kind: icinga2, author: ada}}';
  const range = { a: golden('prometheus-range.json') };
  const read = await backtest(t, range, ['--monitor=am'], config);
  t.match(serviceOf(read, 'web'), { kicks: 2 });
  const refused = await backtest(t, range, ['--monitor=icinga'], config);
  t.match(refused, { code: 2, faults: [{ code: 'MONITOR_OTHER_KIND' }] });
  const unknown = await backtest(t, range, ['--monitor=x'], config);
  t.match(unknown, { code: 2, faults: [{ code: 'MONITOR_UNKNOWN' }] });
  const kind = await backtest(t, range, ['--monitor=alertmanager']);
  t.match(serviceOf(kind, 'apache2'), { kicks: 2 });
});

void t.test('rotated, packed, merged, and told twice', async (t) => {
  const lines = events.split('\n').filter((line) => line !== '');
  const half = lines.length / 2;
  const text = (some: readonly string[]): string => `${some.join('\n')}\n`;
  const read = await backtest(t, {
    'b.gz': text(lines.slice(half)),
    'a.jsonl': text(lines.slice(0, half)),
    'again.jsonl': text(lines.slice(0, 10)),
  });
  t.match(read.of('total'), [
    { files: 3, lines: lines.length + 10, broken: 0, repeated: 10 },
  ]);
  t.match(serviceOf(read, 'http'), { alerts: 8, kicks: 1, refused: 5 });
});

void t.test('lines that cannot be used are counted', async (t) => {
  const lines = events.split('\n').filter((line) => line !== '');
  const change = lines.find((line) => line.includes('"StateChange"')) ?? '';
  const last = lines.at(-1) ?? '';
  const odd = [
    ...lines.slice(0, -1),
    '{"type":"StateChange","timestamp":1795837700}',
    'curl: (56) Recv failure: Connection reset by peer',
    // curl ended in the middle of a line, and the next one appended to it.
    change.slice(0, 100) + last,
    change.slice(0, 300),
  ].join('\n');
  const read = await backtest(t, { a: odd });
  t.match(read.of('total'), [
    {
      broken: 4,
      firstBroken: { line: /timestamp":1795837700/, why: /^PAYLOAD_/ },
    },
  ]);
  t.match(serviceOf(read, 'http'), { alerts: 8, kicks: 1 });
});

void t.test('a time that goes back moves nothing', async (t) => {
  const lines = events.split('\n').filter((line) => line !== '');
  const strange = (lines[20] ?? '').replace(/"timestamp":\d+/, '"timestamp":1');
  const read = await backtest(t, {
    a: [...lines.slice(0, 20), strange, ...lines.slice(20)].join('\n'),
  });
  t.match(read.of('total'), [
    { strayTimes: 1, from: /^2026-11-28/, to: /^2026-11-28/ },
  ]);
});

void t.test('what is no history is refused, and says what is', async (t) => {
  const instant = '{"data":{"resultType":"vector","result":[]}}';
  const rows: [string, string, RegExp][] = [
    [instant, 'HISTORY_UNKNOWN', /instant query/],
    ['[]', 'HISTORY_UNKNOWN', /empty list/],
    ['{"a":', 'HISTORY_UNKNOWN', /begins as JSON, and is none/],
    ['{"a":1}', 'HISTORY_UNKNOWN', /of another form/],
    ['Alertname  Starts At\n', 'LOG_EMPTY', /Alertname/],
    ['', 'LOG_EMPTY', /no line at all/],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      'HISTORY_NO_ALERTS',
      /no series ALERTS/,
    ],
    [
      "[2026-11-28 03:44:46 +0000] information/FileLogger: 'main-log' started.\n",
      'HISTORY_SILENT',
      /severity notice/,
    ],
  ];
  for (const [text, code, message] of rows) {
    const read = await backtest(t, { a: text });
    t.match(read, { code: 2, faults: [{ code, message }] }, text);
  }
  const accepted = await backtest(t, { a: instant });
  t.match(accepted.faults[0]?.remedy, /event stream of Icinga 2.*query_range/);
  const mixed = await backtest(t, {
    a: events,
    b: golden('prometheus-range.json'),
  });
  t.match(mixed, { code: 2, faults: [{ code: 'HISTORY_MIXED' }] });
});

void t.test('a quiet week is an answer', async (t) => {
  const quiet = {
    status: 'success',
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [
            [1_700_000_000, '0'],
            [1_700_000_060, '0'],
          ],
        },
      ],
    },
  };
  const read = await backtest(t, { a: JSON.stringify(quiet) });
  t.strictSame(read.faults, []);
  t.match(read.of('total'), [{ kicks: 0, from: /^2023-11-14T22:13:20/ }]);
});

void t.test('--format says what it is, and is held to it', async (t) => {
  const read = await backtest(t, { a: events }, ['--format=icinga2-events']);
  t.match(serviceOf(read, 'http'), { kicks: 1 });
  const other = await backtest(t, { a: golden('alertmanager-alerts.json') }, [
    '--format=prometheus',
  ]);
  t.match(other, { code: 2, faults: [{ code: 'HISTORY_UNKNOWN' }] });
  const word = await backtest(t, { a: events }, ['--format=icinga']);
  t.match(word, { code: 2, faults: [{ code: 'USAGE' }] });
  const objects = await backtest(t, { a: events }, ['--objects=x']);
  t.match(objects, { code: 2, faults: [{ code: 'USAGE' }] });
});

void t.test('through a pipe', async (t) => {
  const dir = t.testdir({ 'kicker.yaml': '' });
  for (const [name, service] of [
    ['icinga2-events.jsonl', 'http'],
    ['prometheus-range.json', 'apache2'],
  ] as const) {
    const bytes = Buffer.from(golden(name), 'latin1');
    const read = await runBacktest(['--json', '-'], {
      config: join(dir, 'kicker.yaml'),
      stdin: [bytes.subarray(0, 700), bytes.subarray(700)],
    });
    t.ok(Number(serviceOf(read, service)?.['kicks']) > 0, name);
  }
});
