import t from 'tap';
import {
  recordsOf,
  type BacktestReport,
} from '../../../src/commands/backtest-report.ts';
import { backtestView } from '../../../src/commands/views/backtest.ts';
import { printed, printedJson } from './printed.ts';

const tallyOf = (kicks: number) => {
  const one = {
    alerts: 5,
    kicks,
    joined: 0,
    refused: 1,
    waited: 0,
    healed: 1,
    pages: 0,
  };
  const services = Array.from({ length: 21 }, (_, n) => ({
    host: `web${n}`,
    service: 'HTTP',
    ...one,
    kicks: n === 20 ? kicks + 1 : kicks,
  }));
  return {
    services: new Map(services.map((service) => [service.host, service])),
    codes: new Map([
      ['no-rule', 2],
      ['joined', 7],
    ]),
    storms: new Map<string, number>(),
  };
};
const replayedOf = (kicks: number): BacktestReport['replayed'] => ({
  tally: tallyOf(kicks),
  uncalled: 0,
  oldFlags: [],
});
const report: BacktestReport = {
  files: 1,
  form: 'nagios',
  lines: 1234,
  broken: 0,
  repeated: 0,
  odd: { stray: 0, setBack: 0, mostBackMs: 0 },
  items: new Map([['alert', 1000]]),
  fromMs: Date.UTC(2026, 0, 1),
  toMs: Date.UTC(2026, 0, 31),
  rules: 'new.yaml',
  replayed: replayedOf(2),
  other: undefined,
  differing: 0,
  differences: [],
  runSeconds: 60,
  hasGroups: true,
  hasObjects: true,
};

t.test('a report for a person', (t) => {
  const lines = printed(backtestView, recordsOf(report));
  t.strictSame(lines.slice(0, 8), [
    '1 file, 2026-01-01 to 2026-01-31: 1,234 lines, 1,000 alerts, 0 lines not understood',
    'rules: new.yaml',
    'kicks 43, green within the window 21, joined 0, pages 0',
    'no kick: no-rule 2',
    'storms: none',
    '',
    'service       alerts   kicks   green  joined refused  waited   pages',
    'web20 / HTTP       5       3       1       0       1       0       0',
  ]);
  t.ok(lines.includes('… and 1 services more: --all'));
  t.equal(lines.length, 7 + 20 + 1 + 1 + 4);
  const all = printed(backtestView, recordsOf(report), {
    flags: { all: true },
  });
  t.equal(all.length, 7 + 21 + 1 + 4);
  t.end();
});

t.test('against other rules', (t) => {
  const event = {
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL' as const,
    stateType: 'HARD' as const,
    attempt: 4,
    inDowntime: false,
  };
  const other = replayedOf(2);
  const web3 = other.tally.services.get('web3');
  if (web3 !== undefined) web3.kicks = 9;
  const records = recordsOf({
    ...report,
    against: 'old.yaml',
    other,
    differing: 3,
    differences: [
      { atMs: report.fromMs, event, ours: 'kick', theirs: 'skip no-rule' },
    ],
  });
  t.match(printed(backtestView, records).slice(29, 32), [
    'against old.yaml: kicks 43 instead of 50; 3 alerts decided otherwise',
    '  web3 / HTTP: kicks 2 instead of 9',
    '  2026-01-01T00:00:00.000Z web1 / HTTP CRITICAL HARD 4: kick instead of skip no-rule',
  ]);
  t.match(printedJson(records)[0], { version: 1, kind: 'total', kicks: 43 });
  t.match(printedJson(records).slice(22), [
    { version: 1, kind: 'against', rules: 'old.yaml', kicks: 50, differing: 3 },
    { kind: 'changed', host: 'web3', kicks: 2, otherKicks: 9 },
    {
      kind: 'difference',
      at: '2026-01-01T00:00:00.000Z',
      event,
      ours: 'kick',
      theirs: 'skip no-rule',
    },
  ]);
  t.end();
});

t.test(
  'what was odd in the logs is said before the figures are believed',
  (t) => {
    const flags = Array.from({ length: 11 }, (_, n) => ({
      host: `web${n}`,
      service: 'HTTP',
      flag: n === 0 ? ('flapping' as const) : ('downtime' as const),
      sinceMs: Date.UTC(2025, 0, 1),
      alerts: 1200,
    }));
    const records = recordsOf({
      ...report,
      broken: 2,
      firstBroken: {
        log: 'a.log',
        path: 'a.log',
        line: 'Jan  1 00:00:00 \u0007x',
      },
      repeated: 1000,
      odd: { stray: 3, firstStray: '[1] x', setBack: 2, mostBackMs: 90_000 },
      replayed: { ...replayedOf(2), uncalled: 10, oldFlags: flags },
    });
    const lines = printed(backtestView, records);
    t.match(lines[0], /1,234 lines, 990 alerts, 2 lines not understood$/);
    const odd = lines.slice(5, lines.indexOf(''));
    t.match(
      odd[0],
      /^not understood: the first such line, of a\.log: Jan {2}1 00:00:00 \\u\{7\}x$/,
    );
    const from = odd.findIndex((line) => line.startsWith('1,000 lines'));
    t.strictSame(odd.slice(from, from + 4), [
      '1,000 lines were there already, in the same second: each counts once',
      '10 alerts more called no event handler: the same HARD state with another output (stalking)',
      '3 lines have a time far from that of the lines around them, and were taken to be of theirs; the first: [1] x',
      'the time in the logs went back 2 times, by 90 s at most; name each log by itself, so that they are merged by time',
    ]);
    t.equal(
      odd[from + 4],
      'web0 / HTTP is flapping since 2025-01-01, and the log tells no end of it: 1,200 alerts met it after more than 3 days',
    );
    t.equal(odd.at(-1), '… and 1 more: --json');
    t.match(printedJson(records)[0], {
      firstBroken: { log: 'a.log', line: 'Jan  1 00:00:00 \\u{7}x' },
      repeated: 1000,
      uncalled: 10,
      strayTimes: 3,
      setBack: 2,
    });
    t.match(printedJson(records)[1], {
      kind: 'old-flag',
      flag: 'flapping',
      since: '2025-01-01T00:00:00.000Z',
    });
    t.end();
  },
);
