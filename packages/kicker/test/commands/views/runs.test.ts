import t from 'tap';
import { runsView } from '../../../src/commands/views/runs.ts';
import { aRun, correctedRun, runId } from '../../fake-kickd.ts';
import { printed, printedJson } from './printed.ts';

const ended = { ...correctedRun, startedAt: '2026-03-01T00:00:05Z' };
const records = [
  { host: 'web1', ...aRun() },
  { host: 'web1', ...ended },
  {
    host: 'web2',
    certname: 'a',
    address: 'b',
    port: 1,
    result: 'not-sent' as const,
    exit: 4,
    error: { code: 'X', message: 'broken', remedy: 'fix it' },
  },
];
t.strictSame(printed(runsView, records), [
  `web1: 2026-03-01T00:00:00Z: running, run ${runId}`,
  `web1: 2026-03-01T00:00:05Z: corrected Service[apache2] (stopped -> running) in 4.2 s, run ${runId}`,
  '! web2: not sent: X: broken',
  '!   remedy: fix it',
]);
t.strictSame(
  printedJson(records),
  records.map((record) => ({ version: 1, ...record })),
);
