import t from 'tap';
import { Fault } from '@kickd/protocol';
import { errors } from '../../src/errors.ts';
import { createTroubles } from '../../src/serve/troubles.ts';

const full = new Fault(errors.ledgerUnwritable('/l', 'disk is full'));

void t.test(
  'told when it begins, each minute, and when it is over',
  async (t) => {
    let nowMs = 0;
    const told: [number, string, unknown][] = [];
    const troubles = createTroubles(
      (event, { what }) => told.push([nowMs / 1000, event, what]),
      { monotonicMs: () => nowMs },
    );
    troubles.passed('spool');
    for (; nowMs < 130_000; nowMs += 250) troubles.failed('spool', full);
    troubles.passed('spool');
    troubles.passed('spool');
    troubles.failed('spool', full);
    t.strictSame(told, [
      [0, 'trouble', 'spool'],
      [60, 'trouble', 'spool'],
      [120, 'trouble', 'spool'],
      [130, 'trouble-over', 'spool'],
      [130, 'trouble', 'spool'],
    ]);
  },
);

void t.test(
  'another trouble of the same thing is news, and so is another thing',
  async (t) => {
    const codes: unknown[] = [];
    const troubles = createTroubles((_event, { code }) => codes.push(code), {
      monotonicMs: () => 0,
    });
    troubles.failed('spool', full);
    troubles.failed('spool', new Error('a mistake'));
    troubles.failed('spool', new Error('a mistake'));
    troubles.failed('prune', full);
    t.strictSame(codes, ['LEDGER_UNWRITABLE', 'INTERNAL', 'LEDGER_UNWRITABLE']);
  },
);

void t.test('one of ours says what to do, a mistake where it is', async (t) => {
  const facts: object[] = [];
  const troubles = createTroubles((_event, told) => facts.push(told), {
    monotonicMs: () => 0,
  });
  troubles.failed('spool', full);
  troubles.failed('spool', new Error('a mistake'));
  t.match(facts, [
    { code: 'LEDGER_UNWRITABLE', remedy: /^make room: df -h/ },
    { code: 'INTERNAL', message: /a mistake\n.*troubles\.test/s },
  ]);
});
