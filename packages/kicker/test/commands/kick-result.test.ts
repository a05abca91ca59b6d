import t from 'tap';
import type { Outcome } from '@kickd/protocol';
import { describeOutcome } from '../../src/events/describe-outcome.ts';
import { exitCodeOf } from '../../src/commands/kick-result.ts';
import { toJsonLine } from '../../src/commands/views/json-line.ts';
import { aRun } from '../fake-kickd.ts';

const outcome = (kind: Outcome['kind'], more: Partial<Outcome> = {}) => ({
  kind,
  corrected: [],
  failed: [],
  ...more,
});
const codes: Record<Outcome['kind'], number> = {
  unchanged: 0,
  corrected: 0,
  'not-needed': 0,
  partly: 1,
  failed: 1,
  'timed-out': 1,
  cancelled: 1,
  lost: 1,
  'not-started': 1,
  refused: 3,
};
for (const kind of Object.keys(codes) as Outcome['kind'][]) {
  const result = {
    kind: 'ended',
    run: aRun(),
    outcome: outcome(kind),
  } as const;
  t.equal(exitCodeOf(result), codes[kind], kind);
}
const told = { code: 'X', message: 'x', remedy: 'x' };
t.equal(exitCodeOf({ kind: 'accepted', run: aRun() }), 0);
t.equal(exitCodeOf({ kind: 'refused', ...told }), 3);
t.equal(exitCodeOf({ kind: 'not-sent', ...told }), 4);
t.equal(exitCodeOf({ kind: 'not-known', ...told }), 5);

const run = aRun({ durationMs: 4250 });
const rows: [ReturnType<typeof outcome>, string][] = [
  [outcome('unchanged'), 'unchanged in 4.3 s'],
  [
    outcome('not-needed', { reason: 'the probe of HTTP is green: HTTP OK' }),
    'not-needed the probe of HTTP is green: HTTP OK in 4.3 s',
  ],
  [
    outcome('corrected', {
      corrected: [{ resource: 'Service[a]' }],
      verified: true,
    }),
    'corrected Service[a] (verified on the host) in 4.3 s',
  ],
  [
    outcome('unchanged', { verified: false }),
    'unchanged (not verified: the probe on the host was not green) in 4.3 s',
  ],
  [
    outcome('corrected', {
      corrected: [{ resource: 'Service[a]', from: 'stopped', to: 'running' }],
    }),
    'corrected Service[a] (stopped -> running) in 4.3 s',
  ],
  [
    outcome('partly', {
      corrected: [{ resource: 'File[/a]' }],
      failed: ['Exec[b]'],
      cachedCatalog: true,
    }),
    'partly File[/a] failed: Exec[b] (from the cached catalog) in 4.3 s',
  ],
  [
    outcome('corrected', {
      corrected: Array.from({ length: 7 }, (_, n) => ({ resource: `F[${n}]` })),
    }),
    'corrected F[0], F[1], F[2], F[3], F[4] and 2 more in 4.3 s',
  ],
  [
    outcome('failed', { code: 'no-report', reason: 'a\nb' }),
    'failed (no-report) a\\u{a}b in 4.3 s',
  ],
];
for (const [what, wanted] of rows) {
  t.equal(describeOutcome(run, what), `${wanted}, run ${run.run}`);
}

t.equal(
  toJsonLine({ a: 'é\u0085\u2028😀' }),
  '{"a":"\\u00e9\\u0085\\u2028\\ud83d\\ude00"}',
);
