import fc from 'fast-check';
import type { Run } from '@kickd/protocol';
import t from 'tap';
import { isPlainRun } from '../../src/io/plain-run.ts';
import { fitsSchema } from '../../src/io/reply-schema.ts';
import { prepareShape } from '../../src/io/reply-shape.ts';
import { aRun } from '../fake-kickd.ts';

const at = '2026-01-02T03:04:05.678Z';
const id = '01990000-0000-7000-8000-000000000002';
const full: Run = {
  ...aRun(),
  state: 'running',
  tags: ['apache'],
  noop: false,
  environment: 'production',
  kicks: [
    {
      kick: id,
      by: 'monitor.example.com',
      joined: 'joined-running',
      acceptedAt: at,
      expires: at,
      because: {
        monitor: 'nagios',
        host: 'web1',
        service: 'HTTP',
        state: 'CRITICAL',
        problem: '17',
        since: at,
      },
    },
  ],
  queuedAt: at,
  startedAt: at,
};
const ended: Run = {
  ...full,
  state: 'ended',
  endedAt: at,
  durationMs: 1,
  outcome: { kind: 'unchanged', corrected: [], failed: [] },
};

// What a host answers to a kick is known at sight; these are what the quick look is for.
for (const run of [aRun(), full, { ...full, state: 'queued' }]) {
  t.ok(isPlainRun(run));
}

// Each row: is it plain, is it a run, and what it is.
const rows: [boolean, boolean, unknown][] = [
  [false, true, ended],
  [false, true, { ...full, laterKey: 1 }],
  [false, true, { ...full, kicks: [{ ...full.kicks[0], laterKey: 1 }] }],
  [true, true, { ...full, kicks: [kickBecause({ service: 'Größe' })] }],
  [false, false, { ...full, kicks: [kickBecause({ service: 'a\u001b' })] }],
  [false, false, { ...full, kicks: [kickBecause({ other: 'x' })] }],
  [false, false, { ...full, run: `${full.run}\n` }],
  [false, false, { ...full, queuedAt: '2026-13-02T03:04:05Z' }],
  [false, false, { ...full, queuedAt: '2026-01-02T24:04:05Z' }],
  [false, false, { ...full, queuedAt: '2026-01-02T03:60:05Z' }],
  [false, false, { ...full, startedAt: '2026-01-32T03:04:05Z' }],
  [false, false, { ...full, certname: 'a'.repeat(254) }],
  [false, false, { ...full, certname: 'Web1.example.com' }],
  [false, false, { ...full, run: full.run.replace('-7', '-4') }],
  [false, false, { ...full, cm: 'a_b' }],
  [false, false, { ...full, tags: ['Apache'] }],
  [false, false, { ...full, environment: 'a-b' }],
  [false, false, { ...full, noop: 'false' }],
  [false, false, { ...full, kicks: {} }],
  [false, false, { ...full, state: 'gone' }],
  [false, false, {}],
  [false, false, [full]],
  [false, false, null],
  [false, false, undefined],
  [false, false, 'run'],
];
for (const [isPlain, isRun, body] of rows) {
  void t.test(JSON.stringify(body) ?? 'undefined', async (t) => {
    t.equal(isPlainRun(body), isPlain);
    t.equal(await prepareShape('new-run')(body), isRun);
    t.equal(await prepareShape('run')(body), isRun);
  });
}

void t.test(
  'the schema never says no where the quick look says yes',
  async (t) => {
    const mutated = fc
      .tuple(fc.constantFrom(...pathsOf(full)), fc.anything(), fc.string())
      .chain(([path, anything, text]) =>
        fc.constantFrom(
          change(full, path, anything),
          change(full, path, text),
          change(full, path, `${String(valueAt(full, path))}${text}`),
          change(full, path, undefined),
        ),
      );
    let plain = 0;
    const isSafe = (body: unknown): boolean => {
      if (!isPlainRun(body)) return true;
      plain += 1;
      return fitsSchema('run', body);
    };
    fc.assert(fc.property(mutated, isSafe), { numRuns: 5000 });
    t.ok(plain > 50, 'often enough');
  },
);

void t.test('the other shapes are the schemas', async (t) => {
  t.equal(await prepareShape('run-list')({ runs: [full, ended] }), true);
  t.equal(await prepareShape('run-list')({ runs: [{}] }), false);
  t.equal(await prepareShape('run-list')(full), false);
  t.equal(await prepareShape('status')(full), false);
});

function kickBecause(because: object): object {
  return { ...full.kicks[0], because };
}

type Path = readonly string[];

/** Every place in a value, inner ones too. */
function pathsOf(value: unknown, above: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...above, key];
    return [path, ...pathsOf(inner, path)];
  });
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (found, key) => Object(found)[key] as unknown,
    value,
  );
}

/** A copy with one place changed; undefined takes it out, as JSON does. */
function change(value: unknown, path: Path, to: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const last = path.at(-1) ?? '';
  const holder = Object(valueAt(copy, path.slice(0, -1)));
  if (to === undefined && !Array.isArray(holder)) delete holder[last];
  else holder[last] = to;
  return copy;
}
