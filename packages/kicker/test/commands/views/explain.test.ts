import t from 'tap';
import {
  explainView,
  type ExplainRecord,
} from '../../../src/commands/views/explain.ts';
import { printed, printedJson } from './printed.ts';

const base: Omit<ExplainRecord, 'decision'> = {
  event: {
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 4,
    inDowntime: false,
  },
  facts: { groups: [] },
  rules: 'built in',
  remembers: true,
};
const rows: [ExplainRecord['decision'], string[]][] = [
  [
    {
      kind: 'kick',
      mode: 'automatic',
      request: {},
      reasons: ['it is HARD'],
      rule: 'classic',
    },
    ['web1 / HTTP: kick, by the rule classic', '  it is HARD'],
  ],
  [
    { kind: 'kick', mode: 'noop', request: {}, reasons: [] },
    ['web1 / HTTP: kick, with noop'],
  ],
  [
    {
      kind: 'skip',
      code: 'not-a-problem',
      reasons: ['a', 'b'],
      escalate: { about: 'problem', reason: 'c' },
    },
    [
      'web1 / HTTP: skip, not-a-problem',
      '  a',
      '  b',
      '  a person would be told: c',
    ],
  ],
  [
    { kind: 'wait', code: 'host-interval', againAfterMs: 60_000, reasons: [] },
    ['web1 / HTTP: wait 60 s, host-interval'],
  ],
];
for (const [decision, lines] of rows) {
  const record = { ...base, decision };
  t.strictSame(printed(explainView, [record]), lines);
  t.strictSame(printed(explainView, [{ ...record, remembers: false }]), [
    ...lines,
    '  nothing is remembered: no ledger was read',
  ]);
  t.strictSame(printedJson([record]), [{ version: 1, ...record }]);
}
