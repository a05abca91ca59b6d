import t from 'tap';
import {
  joinRanges,
  readRange,
  type AlertRange,
} from '../../../src/monitors/alertmanager/alert-runs.ts';

const from = 1_700_000_000;
const labels = { alertname: 'WebDown', instance: 'web1' };

/** A point at each place with a character that is no dot. */
function series(
  metric: Record<string, string>,
  picture: string,
  {
    start = 0,
    step = 10,
    values = {},
  }: { start?: number; step?: number; values?: Record<string, number> } = {},
) {
  return {
    metric,
    values: picture
      .split('')
      .flatMap((character, index) =>
        character === '.'
          ? []
          : [[from + (start + index) * step, String(values[character] ?? 1)]],
      ),
  };
}
const firing = (picture: string, options = {}) =>
  series(
    { __name__: 'ALERTS', alertstate: 'firing', ...labels },
    picture,
    options,
  );
const clock = (picture: string, options = {}) => series({}, picture, options);
const answer = (...result: unknown[]) => ({
  status: 'success',
  data: { resultType: 'matrix', result },
});
function rangeOf(...result: unknown[]): AlertRange {
  const range = readRange(answer(...result));
  if (range === undefined) throw new Error('no range');
  return range;
}
/** `begin-end` of each run, in steps of 10 s; no end: it fires on */
function runsOf(...ranges: AlertRange[]): string[] {
  const { runs, endOf } = joinRanges(ranges);
  const steps = (ms: number): string => String((ms / 1000 - from) / 10);
  return runs.map((run) => {
    const endMs = endOf(run);
    return `${steps(run.fromMs)}-${endMs === undefined ? '' : steps(endMs)}`;
  });
}

void t.test('a run ends one step after its last point', async (t) => {
  const rows: [string, string, string[]][] = [
    ['..aaa.....', '----------', ['2-5']],
    ['..aaa..aa.', '----------', ['2-5', '7-9']],
    ['.......aaa', '----------', ['7-']],
    ['aaaaaaaaaa', '----------', ['0-']],
    ['.a.a.a....', '----------', ['1-2', '3-4', '5-6']],
    // The end of the range is the last point that anything has.
    ['..aaa.....', '.', ['2-']],
  ];
  for (const [picture, ticks, wanted] of rows) {
    t.strictSame(
      runsOf(rangeOf(clock(ticks), firing(picture))),
      wanted,
      picture,
    );
  }
});

void t.test('pending, and other series, fire nothing', async (t) => {
  const range = rangeOf(
    clock('----------'),
    series({ __name__: 'ALERTS', alertstate: 'pending', ...labels }, 'aaaaa'),
    series({ __name__: 'up', instance: 'web1' }, 'aaaaaaaaaa'),
  );
  t.strictSame(runsOf(range), []);
  t.ok(range.hasClock);
  t.notOk(rangeOf(firing('aa')).hasClock);
});

void t.test('an alert that began again between two points', async (t) => {
  const since = series(
    { __name__: 'ALERTS_FOR_STATE', ...labels },
    '.aaabb...',
    {
      values: { a: from, b: from + 35 },
    },
  );
  const range = rangeOf(clock('---------'), firing('.aaabb...'), since);
  t.strictSame(runsOf(range), ['1-4', '4-6']);
});

void t.test('several ranges are one', async (t) => {
  const first = rangeOf(clock('-----'), firing('...aa'));
  const next = rangeOf(
    clock('-----', { start: 5 }),
    firing('aa...', { start: 5 }),
  );
  t.strictSame(runsOf(first, next), ['3-7'], 'it fires on');
  t.strictSame(runsOf(next, first), ['3-7'], 'in any order');
  const later = rangeOf(
    clock('-----', { start: 5 }),
    firing('..aa.', { start: 5 }),
  );
  t.strictSame(runsOf(first, later), ['3-5', '7-9']);
  t.strictSame(
    runsOf(
      rangeOf(clock('--------'), firing('...aaa..')),
      rangeOf(clock('-------', { start: 2 }), firing('.aaa...', { start: 2 })),
    ),
    ['3-6'],
    'ranges that overlap',
  );
});

void t.test('the forms in which it is saved, and others', async (t) => {
  const result = [clock('--'), firing('a.')];
  const whole = answer(...result);
  for (const value of [whole, whole.data, result]) {
    t.equal(readRange(value)?.runs.size, 1);
  }
  t.match(readRange(answer()), { hasClock: false });
  for (const value of [
    undefined,
    null,
    'x',
    {},
    { status: 'error', error: 'x' },
    { data: { resultType: 'vector', result: [] } },
    { data: { resultType: 'matrix', result: {} } },
    answer({ metric: labels, value: [1, '1'] }),
    answer(7),
  ]) {
    t.equal(readRange(value), undefined, JSON.stringify(value));
  }
  // A point that is none is left out.
  const odd = { metric: {}, values: [null, ['x', '1'], [from, '1'], [], 7] };
  t.match(readRange(answer(odd)), { fromMs: from * 1000, toMs: from * 1000 });
});

void t.test('one point alone tells no step: a minute', async (t) => {
  t.equal(rangeOf(firing('a')).stepMs, 60_000);
  t.equal(rangeOf(firing('aa')).stepMs, 10_000);
});
