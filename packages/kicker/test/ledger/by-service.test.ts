import t from 'tap';
import { foldByService, quantileOf } from '../../src/ledger/by-service.ts';
import type { Entry, StoredEntry } from '../../src/ledger/entry.ts';

const hour = 60 * 60 * 1000;
let seq = 0;
const at = (hours: number, entry: Entry, service = 'HTTP'): StoredEntry => ({
  seq: (seq += 1),
  at: new Date(Date.parse('2026-03-01T00:00:00Z') + hours * hour).toISOString(),
  problem: JSON.stringify(['nagios', 'web1', service, '1']),
  entry,
});
const verdict = (hours: number, seconds: number) =>
  at(hours, { kind: 'verdict', body: { verdict: 'healed', by: 'x', seconds } });

t.test('more than N within any seven days, not on the whole', (t) => {
  const weekly = [0, 170, 340, 510].map((hours) => verdict(hours, 5));
  t.match(foldByService(weekly, 1), [{ healed: 4, isHealedTooOften: false }]);
  const twice = [...weekly, verdict(515, 5)];
  t.match(foldByService(twice, 1), [{ healed: 5, isHealedTooOften: true }]);
  t.match(foldByService(twice.toReversed(), 2), [{ isHealedTooOften: false }]);
  t.end();
});

t.test('what counts as what', (t) => {
  const records = foldByService(
    [
      at(0, {
        kind: 'outcome',
        body: { kind: 'refused', code: 'X', message: '' },
      }),
      at(1, { kind: 'verdict', body: { verdict: 'unknown', by: 'x' } }),
      verdict(2, 30),
      verdict(3, 10),
      at(4, { kind: 'stop', body: { by: 'x', reason: '' } }, 'SSH'),
      { ...verdict(5, 1), problem: 'no key' },
    ],
    3,
  );
  t.strictSame(records, [
    {
      host: 'web1',
      service: 'HTTP',
      kicks: 0,
      healed: 2,
      futile: 1,
      notRun: 1,
      secondsToGreen: [10, 30],
      isHealedTooOften: false,
    },
  ]);
  t.end();
});

t.test('what was not needed was not healed', (t) => {
  const of = (kick: string, entry: StoredEntry) => ({ ...entry, kick });
  const notNeeded = (hours: number) =>
    at(hours, {
      kind: 'outcome',
      body: {
        kind: 'ended',
        run: 'r',
        outcome: { kind: 'not-needed', corrected: [], failed: [] },
      },
    });
  const entries = [
    of('a', notNeeded(0)),
    of('a', verdict(1, 5)),
    of('b', notNeeded(2)),
    of('b', at(3, { kind: 'verdict', body: { verdict: 'unknown', by: 'x' } })),
    of('c', verdict(4, 7)),
  ];
  for (const order of [entries, entries.toReversed()]) {
    t.match(foldByService(order, 0), [
      { healed: 1, futile: 1, notRun: 2, secondsToGreen: [7] },
    ]);
  }
  t.end();
});

t.equal(quantileOf([], 0.5), undefined);
t.equal(quantileOf([1], 0.9), 1);
t.equal(quantileOf([1, 2, 3, 4], 0.5), 3);
t.equal(quantileOf([1, 2, 3, 4], 1), 4);

t.test('what a drill broke does not make a service unhealthy', (t) => {
  const kicks = ['a', 'b', 'c'];
  const healed = kicks.map((kick, index) => ({ ...verdict(index, 5), kick }));
  const drill = (healedBy: string): StoredEntry => ({
    ...at(9, {
      kind: 'drill',
      body: { phase: 'ended', result: 'passed', seconds: 5, healedBy },
    }),
    kick: 'drill',
  });
  t.match(foldByService(healed, 2), [{ healed: 3, isHealedTooOften: true }]);
  t.match(foldByService([...healed, drill('b')], 2), [
    { healed: 3, isHealedTooOften: false },
  ]);
  t.match(foldByService([...healed, drill('other')], 2), [
    { isHealedTooOften: true },
  ]);
  t.end();
});
