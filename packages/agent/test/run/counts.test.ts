import type { OutcomeKind } from '@kickd/protocol';
import t from 'tap';
import { noRunCounts, withTold } from '../../src/run/counts.ts';
import { bareOutcome } from '../../src/run/outcome.ts';
import type { Told } from '../../src/told.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const accepted = (how: string) =>
  ({ event: 'run-accepted', run, kick: run, by: 'm', how }) as Told;
const ended = (kind: OutcomeKind, durationMs?: number) =>
  ({
    event: 'run-ended',
    run,
    outcome: bareOutcome(kind),
    ...(durationMs === undefined ? {} : { durationMs }),
  }) as Told;

t.test('at first everything is 0, each outcome named', (t) => {
  t.strictSame(noRunCounts(), {
    kicks: {},
    runs: {
      unchanged: 0,
      corrected: 0,
      partly: 0,
      failed: 0,
      'timed-out': 0,
      cancelled: 0,
      refused: 0,
      lost: 0,
      'not-started': 0,
      'not-needed': 0,
    },
    buckets: [0, 0, 0, 0, 0, 0, 0, 0, 0],
    seconds: 0,
    timed: 0,
  });
  t.end();
});

t.test('kicks, by how they came to their run', (t) => {
  let counts = noRunCounts();
  for (const how of ['started', 'joined-running', 'started']) {
    counts = withTold(counts, accepted(how), 1);
  }
  t.strictSame(counts.kicks, { started: 2, 'joined-running': 1 });
  t.strictSame({ ...counts, kicks: {} }, noRunCounts(), 'and nothing else');
  t.end();
});

t.test('a run counts in each bucket that holds it', (t) => {
  let counts = withTold(noRunCounts(), ended('corrected', 5000), 1_700_000_000);
  t.strictSame(counts, {
    ...noRunCounts(),
    runs: { ...noRunCounts().runs, corrected: 1 },
    buckets: [0, 0, 1, 1, 1, 1, 1, 1, 1],
    seconds: 5,
    timed: 1,
    lastGoodSeconds: 1_700_000_000,
  });
  counts = withTold(counts, ended('corrected', 1_000_000), 1_700_000_100);
  t.strictSame(counts.buckets, [0, 0, 1, 1, 1, 1, 1, 1, 1]);
  t.match(counts, {
    runs: { corrected: 2 },
    seconds: 1005,
    timed: 2,
    lastGoodSeconds: 1_700_000_100,
  });
  counts = withTold(counts, ended('failed', 500), 1_700_000_200);
  t.strictSame(counts.buckets, [1, 1, 2, 2, 2, 2, 2, 2, 2]);
  t.end();
});

t.test('buckets of an older version count on', (t) => {
  const older = { ...noRunCounts(), buckets: [3] };
  const { buckets } = withTold(older, ended('failed', 500), 1);
  t.strictSame(buckets, [4, 1, 1, 1, 1, 1, 1, 1, 1]);
  t.end();
});

t.test('a run of unknown length is in no bucket', (t) => {
  const counts = withTold(noRunCounts(), ended('lost'), 1);
  t.strictSame(counts, {
    ...noRunCounts(),
    runs: { ...noRunCounts().runs, lost: 1 },
  });
  t.end();
});

t.test('answers of probes, by when and what', (t) => {
  const answered = (when: string, answer: string) =>
    ({ event: 'probe-answered', run, service: 'HTTP', when, answer }) as Told;
  let counts = noRunCounts();
  for (const [when, answer] of [
    ['before', 'green'],
    ['after', 'green'],
    ['before', 'green'],
    ['before', 'timed-out'],
  ] as const) {
    counts = withTold(counts, answered(when, answer), 1);
  }
  t.strictSame(counts, {
    ...noRunCounts(),
    probes: { 'before green': 2, 'after green': 1, 'before timed-out': 1 },
  });
  t.end();
});

t.test('good is what left the host as its policy says', (t) => {
  const lastOf = (kind: OutcomeKind) =>
    withTold(noRunCounts(), ended(kind, 1), 7).lastGoodSeconds;
  t.equal(lastOf('unchanged'), 7);
  t.equal(lastOf('corrected'), 7);
  for (const kind of [
    'partly',
    'failed',
    'timed-out',
    'lost',
    'not-needed',
  ] as const) {
    t.equal(lastOf(kind), undefined, kind);
  }
  t.end();
});

t.test('what counts for nothing changes nothing', (t) => {
  const counts = noRunCounts();
  const other = { event: 'closing' } as unknown as Told;
  t.equal(withTold(counts, other, 1), counts);
  t.end();
});
