import t from 'tap';
import type { HostMemory } from '../../src/decide/memory.ts';
import { withPolicy } from '../../src/decide/policy-version.ts';

const minute = 60 * 1000;
/** What is believed after some runs: each its version, its name and the minute it was told. */
function believed(
  runs: readonly (readonly [version: string, run: string, minutes: number])[],
): string | undefined {
  let host: HostMemory = { bad: [] };
  for (const [version, run, minutes] of runs) {
    host = withPolicy(host, version, run, minutes * minute);
  }
  return host.policy;
}

const epoch = (minutes: number) => String(1_772_000_000 + 60 * minutes);
const rows: [string, Parameters<typeof believed>[0], string | undefined][] = [
  ['a version', [['a1b2c3', 'r1', 0]], 'a1b2c3'],
  [
    'another one',
    [
      ['v1', 'r1', 0],
      ['v2', 'r2', 1],
    ],
    'v2',
  ],
  ['none', [['', 'r1', 0]], undefined],
  ['blanks around it', [['  v1\n', 'r1', 0]], 'v1'],
  [
    'a time, twice within the hour, later',
    [
      [epoch(0), 'r1', 50],
      [epoch(0), 'r2', 60],
    ],
    undefined,
  ],
  [
    'a time, and between its runs the old version',
    [
      ['v1', 'r1', 0],
      [epoch(0), 'r2', 10],
      ['v1', 'r3', 20],
      [epoch(0), 'r4', 75],
    ],
    epoch(0),
  ],
  ['a number that is no time', [['17', 'r1', 0]], '17'],
  ['a number of eleven digits', [['17720000000', 'r1', 0]], '17720000000'],
  ['a time, once', [[epoch(0), 'r1', 0]], undefined],
  [
    'a time, twice within the hour',
    [
      [epoch(0), 'r1', 0],
      [epoch(0), 'r2', 59],
    ],
    undefined,
  ],
  [
    'a time, twice an hour apart',
    [
      [epoch(0), 'r1', 0],
      [epoch(0), 'r2', 60],
    ],
    epoch(0),
  ],
  [
    'one run, told again and again',
    [
      [epoch(0), 'ended 1', 0],
      [epoch(0), 'ended 1', 90],
    ],
    undefined,
  ],
  [
    'one run, followed and told by the host',
    [
      [epoch(0), 'r1', 0],
      [epoch(0), 'ended 1', 90],
    ],
    undefined,
  ],
  [
    'two runs that the host told of',
    [
      [epoch(0), 'ended 1', 0],
      [epoch(0), 'ended 2', 90],
    ],
    epoch(0),
  ],
  [
    'Puppet’s default: another time at each run',
    Array.from(
      { length: 20 },
      (_, run) => [epoch(30 * run), `r${run}`, 30 * run] as const,
    ),
    undefined,
  ],
  [
    'a commit, then the next',
    [
      [epoch(-99), 'r1', 0],
      [epoch(-99), 'r2', 60],
      [epoch(90), 'r3', 120],
      [epoch(90), 'r4', 180],
    ],
    epoch(90),
  ],
  [
    'the next commit, not yet told twice',
    [
      [epoch(-99), 'r1', 0],
      [epoch(-99), 'r2', 60],
      [epoch(90), 'r3', 120],
    ],
    epoch(-99),
  ],
  [
    'a version, and then the default for good',
    [
      ['v1', 'r1', 0],
      [epoch(30), 'r2', 30],
      [epoch(60), 'r3', 60],
    ],
    undefined,
  ],
];
for (const [name, runs, wanted] of rows) t.equal(believed(runs), wanted, name);
