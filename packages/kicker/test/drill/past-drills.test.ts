import t from 'tap';
import { pastDrills } from '../../src/drill/past-drills.ts';
import type { DrillEntry, StoredEntry } from '../../src/ledger/entry.ts';

let seq = 0;
const entry = (kick: string, body: DrillEntry): StoredEntry => ({
  seq: (seq += 1),
  at: `2026-03-03T12:00:0${seq}Z`,
  kick,
  entry: { kind: 'drill', body },
});
const began = (service: string): DrillEntry => ({
  phase: 'began',
  by: 'ada',
  reason: 'x',
  monitor: 'nagios',
  host: 'web1',
  service,
  certname: 'web1.example.com',
  profile: 'drill',
  until: '2026-03-03T12:11:00Z',
});

t.test('newest first, each with its end where there is one', (t) => {
  const entries = [
    entry('a', began('HTTP')),
    entry('a', { phase: 'ended', result: 'passed', seconds: 1 }),
    entry('b', began('SSH')),
    entry('b', { phase: 'ended', result: 'not-begun', why: 'ACL_DENIED' }),
    entry('c', began('HTTP')),
    { seq: 9, at: '', entry: { kind: 'stop', body: { by: '', reason: '' } } },
  ] satisfies StoredEntry[];
  t.match(pastDrills(entries.toReversed()), [
    { kick: 'c', service: 'HTTP', isEnded: false, hasBroken: true },
    { kick: 'b', service: 'SSH', isEnded: true, hasBroken: false },
    {
      kick: 'a',
      service: 'HTTP',
      isEnded: true,
      hasBroken: true,
      at: '2026-03-03T12:00:01Z',
      by: 'ada',
    },
  ]);
  t.strictSame(pastDrills([]), []);
  t.end();
});
