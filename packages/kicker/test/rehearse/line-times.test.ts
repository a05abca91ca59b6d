import fc from 'fast-check';
import t from 'tap';
import {
  createLineTimes,
  type OddTimes,
  type TimedLines,
} from '../../src/rehearse/line-times.ts';

/** A line is its time and a name: `120 a`; without a time it is `- a`; `|` is where it is torn. */
const reader = {
  secondsOf: (line: string) => (/^\d/.test(line) ? Number.parseInt(line) : -1),
  tornAt: (line: string) => line.indexOf('|') + 1 || -1,
};

/** The lines with the seconds that they were given, and what was odd. */
function timesOf(...parts: string[][]): {
  lines: string[];
  odd: OddTimes;
} {
  const times = createLineTimes(reader);
  const all: TimedLines[] = parts.map((lines) => times.take(lines));
  all.push(times.end());
  const lines = all.flatMap(({ lines: own, atMs }) =>
    own.map((line, index) => `${(atMs[index] ?? Number.NaN) / 1000}: ${line}`),
  );
  return { lines, odd: times.odd };
}

const none: OddTimes = { stray: 0, setBack: 0, mostBackMs: 0 };
const hour = 3600;
const day = 24 * hour;

void t.test('ordinary lines have their own time', async (t) => {
  t.strictSame(timesOf(['100 a', '100 b', '160 c'], ['200 d']), {
    lines: ['100: 100 a', '100: 100 b', '160: 160 c', '200: 200 d'],
    odd: none,
  });
});

void t.test('a line without a time has that of the line before', async (t) => {
  t.strictSame(timesOf(['- a', '100 b', '101 b', '102 b', '- c', '103 d']), {
    lines: [
      '0: - a',
      '100: 100 b',
      '101: 101 b',
      '102: 102 b',
      '102: - c',
      '103: 103 d',
    ],
    odd: none,
  });
});

void t.test('a little back is the same time', async (t) => {
  t.strictSame(timesOf(['100 a', '101 b', '95 c', '102 d']), {
    lines: ['100: 100 a', '101: 101 b', '101: 95 c', '102: 102 d'],
    odd: none,
  });
});

void t.test('a log of a line or two', async (t) => {
  t.strictSame(timesOf(['100 a']), { lines: ['100: 100 a'], odd: none });
  t.strictSame(timesOf(['100 a', '9000 b']), {
    lines: ['100: 100 a', '9000: 9000 b'],
    odd: none,
  });
  t.strictSame(timesOf([]), { lines: [], odd: none });
});

void t.test('a quiet night, and a log with a line a day', async (t) => {
  const lines = ['100 a', '50000 b', '50001 c', '50002 d', '50003 e'];
  t.strictSame(timesOf(lines).odd, none);
  t.strictSame(
    timesOf(Array.from({ length: 6 }, (_, index) => `${index * day} x`)),
    {
      lines: Array.from(
        { length: 6 },
        (_, index) => `${index * day}: ${index * day} x`,
      ),
      odd: none,
    },
  );
  t.strictSame(
    timesOf(['100 a', `${day} b`]).lines,
    ['100: 100 a', `${day}: ${day} b`],
    'nobody is left to disagree',
  );
});

void t.test('one line far ahead, or far back, moves nobody', async (t) => {
  for (const far of [`${90 * day}`, `${100 * day + 2 * hour}`, '5']) {
    const base = 100 * day;
    const lines = [
      `${base} a`,
      `${base + 1} b`,
      `${far} stray`,
      `${base + 2} c`,
      `${base + 3} d`,
      `${base + 4} e`,
    ];
    t.strictSame(timesOf(lines), {
      lines: [
        `${base}: ${base} a`,
        `${base + 1}: ${base + 1} b`,
        `${base + 1}: ${far} stray`,
        `${base + 2}: ${base + 2} c`,
        `${base + 3}: ${base + 3} d`,
        `${base + 4}: ${base + 4} e`,
      ],
      odd: { ...none, stray: 1, firstStray: `${far} stray` },
    });
  }
});

void t.test('the first line of all may be the odd one', async (t) => {
  const base = 100 * day;
  t.strictSame(
    timesOf([
      `${200 * day} stray`,
      `${base} a`,
      `${base + 1} b`,
      `${base + 2} c`,
    ]),
    {
      lines: [
        `${base}: ${200 * day} stray`,
        `${base}: ${base} a`,
        `${base + 1}: ${base + 1} b`,
        `${base + 2}: ${base + 2} c`,
      ],
      odd: { ...none, stray: 1, firstStray: `${200 * day} stray` },
    },
  );
});

void t.test(
  'two lines in a row are odd, the third agrees with nobody',
  async (t) => {
    const base = 100 * day;
    const { odd, lines } = timesOf([
      `${base} a`,
      `${300 * day} x`,
      `${base + 1} b`,
      `${300 * day} y`,
      `${base + 2} c`,
      `${base + 3} d`,
      `${base + 4} e`,
    ]);
    t.equal(odd.stray, 2);
    t.equal(lines.at(-1), `${base + 4}: ${base + 4} e`);
  },
);

void t.test('a clock that was set back: time goes on', async (t) => {
  const base = 100 * day;
  t.strictSame(
    timesOf([
      `${base - 2} x`,
      `${base - 1} y`,
      `${base} a`,
      `${base + 10} b`,
      `${base - 5 * hour} c`,
      `${base - 5 * hour + 10} d`,
      `${base - 5 * hour + 20} e`,
      `${base - 5 * hour + 30} f`,
      `${base + 3 * day} g`,
      `${base + 3 * day + 1} h`,
      `${base + 3 * day + 2} i`,
      `${base + 3 * day + 3} j`,
    ]),
    {
      lines: [
        `${base - 2}: ${base - 2} x`,
        `${base - 1}: ${base - 1} y`,
        `${base}: ${base} a`,
        `${base + 10}: ${base + 10} b`,
        `${base + 10}: ${base - 5 * hour} c`,
        `${base + 20}: ${base - 5 * hour + 10} d`,
        `${base + 30}: ${base - 5 * hour + 20} e`,
        `${base + 40}: ${base - 5 * hour + 30} f`,
        // Days later nothing counts on the hours that were too many.
        `${base + 3 * day}: ${base + 3 * day} g`,
        `${base + 3 * day + 1}: ${base + 3 * day + 1} h`,
        `${base + 3 * day + 2}: ${base + 3 * day + 2} i`,
        `${base + 3 * day + 3}: ${base + 3 * day + 3} j`,
      ],
      odd: { ...none, setBack: 1, mostBackMs: (5 * hour + 10) * 1000 },
    },
  );
});

void t.test('logs in another order are put a day apart', async (t) => {
  const base = 100 * day;
  const lines = [0, 1, 2, 3].flatMap((at) => [`${base + at} a`]);
  const older = [0, 1, 2, 3].map((at) => `${base - 9 * day + at} b`);
  t.strictSame(timesOf([...lines, ...older]), {
    lines: [
      ...lines.map((line, at) => `${base + at}: ${line}`),
      ...older.map((line, at) => `${base + 3 + day + at}: ${line}`),
    ],
    odd: { ...none, setBack: 1, mostBackMs: (9 * day + 3) * 1000 },
  });
});

void t.test('a torn line is read in its parts', async (t) => {
  t.strictSame(timesOf(['100 cut|160 b|- c', '161 d']).lines, [
    '100: 100 cut|',
    '160: 160 b|',
    '160: - c',
    '161: 161 d',
  ]);
});

void t.test('what is no log is given out, not gathered', async (t) => {
  const times = createLineTimes(reader);
  const lines = Array.from({ length: 1000 }, () => '- x');
  t.equal(times.take(lines).lines.length, 1000);
  t.equal(times.end().lines.length, 0);
  times.take(['100 a', '101 b', '102 c', '103 d']);
  times.take([`${9 * day} far`]);
  t.equal(times.take(lines).lines.length, 1001, 'one far line holds a hundred');
});

void t.test(
  'no line is lost, none changes its place, time never goes back',
  async () => {
    const line = fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1000, max: 1200 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 * day }) },
      { weight: 1, arbitrary: fc.constant(-1) },
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 60 }),
        fc.nat(60),
        (seconds, cut) => {
          const lines = seconds.map((one, index) =>
            one < 0 ? `- ${index}` : `${one} ${index}`,
          );
          const read = timesOf(lines.slice(0, cut), lines.slice(cut)).lines.map(
            (one) => one.split(': '),
          );
          const times = read.map(([at]) => Number(at));
          return (
            read.map(([, of]) => of).join('\n') === lines.join('\n') &&
            times.every((at, index) => at >= (times[index - 1] ?? 0))
          );
        },
      ),
    );
  },
);
