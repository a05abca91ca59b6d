import type { Run } from '@kickd/protocol';
import t from 'tap';
import { OpenRuns } from '../../src/run/open-runs.ts';
import { queuedRun } from '../../src/run/run.ts';

const at = new Date('2026-11-22T10:00:00.000Z');
const runOf = (n: number, more: Partial<Run> = {}): Run => ({
  ...queuedRun(
    `0193a000-0000-7000-8000-00000000000${String(n)}`,
    'web1.example.com',
    { cm: 'puppet-agent', noop: false },
    at,
  ),
  ...more,
});
const [a, b, c] = [runOf(1), runOf(2), runOf(3)];

t.test('oldest first, the newest form of each', (t) => {
  const open = new OpenRuns();
  for (const run of [a, b, c]) open.keep(run);
  const newer = runOf(2, { noop: true });
  open.keep(newer);
  t.strictSame(open.waiting, [a, newer, c]);
  t.equal(open.newest(b), newer);
  t.equal(open.running, undefined);
  t.end();
});

t.test('one is in progress, and keeps its newest form too', (t) => {
  const open = new OpenRuns();
  open.keep(a);
  open.keep(b);
  open.begin(a);
  t.equal(open.running, a);
  t.strictSame(open.waiting, [b]);
  const newer = runOf(1, { noop: true });
  open.keep(newer);
  t.equal(open.running, newer);
  t.equal(open.newest(a), newer);
  t.strictSame(open.waiting, [b], 'it does not wait again');
  t.end();
});

t.test('taken out, and dropped', (t) => {
  const open = new OpenRuns();
  for (const run of [a, b, c]) open.keep(run);
  t.equal(open.take(b.run), b);
  t.equal(open.take(b.run), undefined);
  t.strictSame(open.waiting, [a, c]);
  open.begin(a);
  open.drop(c.run);
  t.equal(open.running, a, 'another stays in progress');
  t.strictSame(open.waiting, []);
  open.drop(a.run);
  t.equal(open.running, undefined);
  t.end();
});

t.test('one that nobody knows stays as it is', (t) => {
  const open = new OpenRuns();
  open.keep(a);
  t.equal(open.newest(b), b);
  open.drop(b.run);
  t.strictSame(open.waiting, [a]);
  t.end();
});
