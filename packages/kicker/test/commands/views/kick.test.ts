import t from 'tap';
import { kickView, type KickRecord } from '../../../src/commands/views/kick.ts';
import {
  recordOf,
  type KickResult,
} from '../../../src/commands/kick-result.ts';
import { aRun, correctedRun, hostName, runId } from '../../fake-kickd.ts';
import { printed, printedJson } from './printed.ts';

const target = {
  name: 'web1',
  certname: hostName,
  address: '192.0.2.1',
  port: 8139,
};
const kick = '01990000-0000-7000-8000-000000000001';
const said = { code: 'X', message: 'broken', remedy: 'fix it' };
const outcome = { kind: 'corrected' as const, corrected: [], failed: [] };

const rows: [KickResult, string[], Partial<KickRecord>][] = [
  [
    { kind: 'accepted', run: aRun() },
    [`web1: accepted, run ${runId} is running`],
    { result: 'accepted', exit: 0, run: runId, state: 'running' },
  ],
  [
    { kind: 'ended', run: aRun({ noop: true, durationMs: 1500 }), outcome },
    [`web1: corrected (noop) in 1.5 s, run ${runId}`],
    { result: 'corrected', exit: 0, noop: true, durationMs: 1500, outcome },
  ],
  [
    // an outcome, and no answer of the host: the puppet agent is disabled
    {
      kind: 'ended',
      run: correctedRun,
      outcome: { ...outcome, kind: 'refused', code: 'disabled' },
    },
    [`web1: refused (disabled) in 4.2 s, run ${runId}`],
    { result: 'refused', exit: 3 },
  ],
  [
    { kind: 'refused', ...said },
    ['web1: refused: X: broken', '  remedy: fix it'],
    { result: 'refused', exit: 3, error: said },
  ],
  [
    { kind: 'not-sent', ...said },
    ['web1: not sent: X: broken', '  remedy: fix it'],
    { result: 'not-sent', exit: 4, error: said },
  ],
  [
    { kind: 'not-known', ...said },
    ['web1: not known whether it arrived: X: broken', '  remedy: fix it'],
    { result: 'not-known', exit: 5, error: said },
  ],
  [
    { kind: 'not-known', run: aRun(), ...said },
    [
      `web1: accepted, outcome not known, run ${runId}: X: broken`,
      '  remedy: fix it',
    ],
    { result: 'not-known', exit: 5, run: runId, error: said },
  ],
];
for (const [result, lines, expected] of rows) {
  t.test(lines[0] ?? '', (t) => {
    const record = recordOf(target, kick, result);
    t.strictSame(printed(kickView, [record]), lines);
    const { name: host, ...rest } = target;
    const state = 'run' in result ? result.run?.state : undefined;
    t.strictSame(printedJson([record]), [
      {
        version: 1,
        host,
        ...rest,
        kick,
        ...('run' in result && result.run !== undefined
          ? { run: runId, state }
          : {}),
        ...(result.kind === 'ended' && result.run.durationMs !== undefined
          ? { durationMs: result.run.durationMs, outcome: result.outcome }
          : {}),
        ...expected,
      },
    ]);
    t.end();
  });
}

t.test('--test', (t) => {
  const record = { host: 'web1', certname: 'a', address: 'b', port: 1 };
  t.strictSame(printed(kickView, [record]), [
    'web1: would be kicked: a at b port 1',
  ]);
  t.strictSame(printedJson([record]), [{ version: 1, ...record }]);
  t.end();
});

t.test('a name cannot write to the terminal', (t) => {
  const record = recordOf({ ...target, name: 'a\u001b[1m' }, kick, {
    kind: 'accepted',
    run: aRun(),
  });
  t.match(printed(kickView, [record])[0], /^a\\u\{1b\}\[1m: accepted/);
  t.end();
});
