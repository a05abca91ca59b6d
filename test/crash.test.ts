import { join } from 'node:path';
import t from 'tap';
import type { Run } from '@kickd/protocol';
import { runFlood } from './crash/flood.ts';
import type { Entry } from './crash/history.ts';
import { judge, type Law } from './crash/judge.ts';
import { buildKickd } from './crash/kickd.ts';
import { runPoints } from './crash/points.ts';
import { playAllSteps } from './crash/steps.ts';
import type { ToolLine } from './crash/tool.ts';

/** The short form of `npm run test:crash`. */
const points = 10;

for (const [form, isSplit] of [
  ['one process', false],
  ['two processes', true],
] as const) {
  t.test(`${form}, killed at random instants, keeps its word`, async (t) => {
    const dir = t.testdir();
    const seed = Date.now() % 1_000_000;
    t.comment(`seed ${String(seed)}`);
    const result = await runPoints({
      dir: join(dir, 'site'),
      command: await buildKickd(join(dir, 'kickd')),
      seed,
      first: 0,
      points,
      isSplit,
      onPoint: () => undefined,
    });
    t.same(result.breaches, [], result.story.join('\n'));
    t.equal(result.points, points);
    t.ok(result.kicks > 0 && result.starts > 0);
  });
}

t.test(
  'more callers at once than kickd has slots are all served',
  async (t) => {
    const dir = t.testdir();
    const kicks = 400;
    const command = await buildKickd(join(dir, 'kickd'));
    const flood = await runFlood({ dir: join(dir, 'site'), command, kicks });
    t.match(flood, { accepted: kicks, served: kicks });
    t.ok(flood.starts <= 2, `${String(flood.starts)} runs`);
  },
);

for (const isHandedOver of [false, true]) {
  const where = isHandedOver ? ', where a standby waits' : '';
  t.test(
    `killed or failing at every step, it does so too${where}`,
    async (t) => {
      const dir = t.testdir();
      const { steps, breaches } = await playAllSteps(dir, {
        twice: false,
        isHandedOver,
      });
      t.same(breaches, []);
      t.ok(steps > 100, `${String(steps)} steps`);
    },
  );
}

const run = (id: string, more: Partial<Run> = {}): Run => ({
  run: id,
  certname: 'web1.example.com',
  cm: 'tool',
  state: 'ended',
  noop: false,
  kicks: [{ kick: 'k', by: 'monitor', joined: 'started', acceptedAt: 'now' }],
  queuedAt: 'now',
  outcome: { kind: 'corrected', exitCode: 2, corrected: [], failed: [] },
  ...more,
});
const { outcome: _, ...open } = run('r', { state: 'running' });
const accepted = (of: Run, point = 0): Entry => ({
  point,
  kind: 'accepted',
  kick: 'k',
  run: of,
});
const seen = (of: Run, point = 1): Entry => ({ point, kind: 'seen', run: of });
const start = (id: string): ToolLine => ({ what: 'start', run: id, pid: 1 });
const end = (id: string, exitCode = 2): ToolLine => ({
  what: 'end',
  run: id,
  exitCode,
});
const told = (
  kind: 'lost' | 'refused' | 'unchanged' | 'corrected' | 'not-needed',
) =>
  run('r', {
    outcome: {
      kind,
      ...(kind === 'lost' && { code: 'runner-gone' }),
      ...(kind === 'corrected' && { exitCode: 2 }),
      ...(kind === 'unchanged' && { exitCode: 0 }),
      corrected: [],
      failed: [],
    },
  });
const whole = [start('r'), end('r')];

/** The judge itself: each breach that it has to see, and what is none. */
const cases: [string, Entry[], ToolLine[], Law[]][] = [
  ['all is well', [accepted(open), seen(told('corrected'))], whole, []],
  ['nobody was there', [accepted(open), seen(told('lost'))], whole, []],
  ['never started', [accepted(open), seen(told('refused'))], [], []],
  ['no outcome', [accepted(open), seen(open)], [start('r')], ['lost']],
  ['not known any more', [accepted(open)], [], ['lost']],
  [
    'the run knows nothing of the kick',
    [accepted(open), seen(run('r', { kicks: [] }))],
    whole,
    ['lost'],
  ],
  [
    'a second run for one kick',
    [accepted(open), seen(run('r')), accepted(run('s')), seen(run('s'))],
    [...whole, start('s'), end('s')],
    ['doubled', 'doubled'],
  ],
  ['started twice', [seen(run('r'))], [...whole, ...whole], ['doubled']],
  [
    'two at once',
    [seen(run('r'))],
    [start('r'), start('s'), end('r'), end('s')],
    ['overlapped'],
  ],
  [
    'another after the first was killed',
    [seen(told('lost'))],
    [start('r'), { what: 'killed', run: 'r' }, start('s'), end('s')],
    [],
  ],
  ['not needed', [accepted(open), seen(told('not-needed'))], [], []],
  [
    'not needed, and run',
    [accepted(open), seen(told('not-needed'))],
    whole,
    ['untrue'],
  ],
  ['unchanged after exit 2', [seen(told('unchanged'))], whole, ['untrue']],
  ['refused and run', [seen(told('refused'))], whole, ['untrue']],
  ['corrected without a run', [seen(told('corrected'))], [], ['untrue']],
  [
    'back from ended',
    [seen(told('corrected')), seen(open, 2), seen(told('corrected'), 3)],
    whole,
    ['untrue'],
  ],
  [
    'two outcomes',
    [seen(told('corrected')), seen(told('lost'), 2)],
    whole,
    ['untrue'],
  ],
];

for (const [name, history, lines, laws] of cases) {
  t.test(`the judge: ${name}`, async (t) => {
    t.same(
      judge(history, lines).map(({ law }) => law),
      laws,
    );
  });
}
