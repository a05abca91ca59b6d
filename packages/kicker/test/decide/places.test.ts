import t from 'tap';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import { judge } from '../../src/decide/judge.ts';
import { learn } from '../../src/decide/learn.ts';
import type { FleetMemory } from '../../src/decide/memory.ts';
import type { News } from '../../src/decide/news.ts';
import {
  isOverdue,
  probationMost,
  releasePlace,
  takenAt,
  takePlace,
  withTook,
} from '../../src/decide/places.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import { createMapMemory } from '../../src/rehearse/map-memory.ts';

const second = 1000;
const fleetOf = (part: Partial<FleetMemory> = {}): FleetMemory => ({
  moment: { boot: 'b', monotonicMs: 0, wallMs: 0 },
  steadyMs: 0,
  open: 0,
  kicks: [],
  ...part,
});

t.test(
  'a place is kept three times as long as runs took, within limits',
  (t) => {
    const keptMs = (tookMs: number[] | undefined, expectMs: number): number => {
      const fleet = fleetOf(tookMs === undefined ? {} : { tookMs });
      const { place } = takePlace(
        fleet,
        { bad: [] },
        { expectMs, isAccepted: true },
        0,
      );
      return Number(place.second) * second;
    };
    const rows: [number[] | undefined, number, number][] = [
      [undefined, 600_000, 15_000],
      [[], 600_000, 15_000],
      [undefined, 5000, 5000],
      [[10_000], 600_000, 30_000],
      [[1000, 10_000, 60_000], 600_000, 30_000],
      [[1000, 10_000], 600_000, 30_000],
      [[60_000, 1000, 10_000], 600_000, 30_000],
      [[9000, 100_000, 20_000], 600_000, 60_000],
      [[100, 100, 100], 600_000, 2000],
      [[400_000], 600_000, 600_000],
    ];
    for (const [tookMs, expectMs, wantedMs] of rows) {
      t.equal(keptMs(tookMs, expectMs), wantedMs, JSON.stringify(tookMs));
    }
    const { place } = takePlace(
      fleetOf(),
      { bad: [] },
      { expectMs: 600_000, isAccepted: false },
      0,
    );
    t.equal(Number(place.second), 3, 'one that is not accepted yet');
    const short = takePlace(
      fleetOf(),
      { bad: [] },
      { expectMs: 2000, isAccepted: false },
      0,
    );
    t.equal(Number(short.place.second), 2);
    t.end();
  },
);

t.test('taken, given back, or given back by time', (t) => {
  const held = { expectMs: 600_000, isAccepted: true };
  const one = takePlace(fleetOf(), { bad: [] }, held, 0);
  const two = takePlace(one.fleet, { bad: [] }, held, 400);
  t.strictSame(two.fleet.places, { 15: 1, 16: 1 });
  t.equal(takenAt(two.fleet.places, 14_999), 2);
  t.equal(takenAt(two.fleet.places, 15_000), 1);
  t.equal(takenAt(two.fleet.places, 16_000), 0);
  t.equal(takenAt(undefined, 0), 0);
  const freed = releasePlace(two.fleet, one.place, 1000);
  t.strictSame(freed.places, { 16: 1 });
  t.strictSame(releasePlace(freed, one.place, 1000).places, { 16: 1 }, 'once');
  t.strictSame(releasePlace(freed, undefined, 1000), freed);
  t.strictSame(
    releasePlace(two.fleet, one.place, 15_500).places,
    { 16: 1 },
    'what time has given back is forgotten',
  );
  t.equal(isOverdue(one.place, 14_999), false);
  t.equal(isOverdue(one.place, 15_000), true);
  t.equal(isOverdue(undefined, 15_000), false);
  t.end();
});

t.test('twenty samples, the last ones', (t) => {
  let fleet = fleetOf();
  for (let count = 0; count < 25; count += 1) fleet = withTook(fleet, count);
  t.equal(fleet.tookMs?.length, 20);
  t.equal(fleet.tookMs?.[0], 5);
  t.strictSame(withTook(fleetOf(), 1.6).tookMs, [2]);
  t.end();
});

t.test('a quarter of the places, and at least one, is for slow hosts', (t) => {
  t.strictSame([1, 3, 4, 7, 8, 100].map(probationMost), [1, 1, 1, 1, 2, 25]);
  t.end();
});

const rules: RuleSet = {
  ...defaultRuleSet,
  rules: [{ ...defaultRule, coolDownSeconds: 0, expectSeconds: 30 }],
  guards: {
    ...defaultRuleSet.guards,
    concurrency: 4,
    hostIntervalSeconds: 0,
    rate: { kicks: 1000, perSeconds: 1 },
    share: { percent: 99, hosts: 1000, hostsOfUnknown: 1000 },
  },
};

/** A fleet that is decided about, in time that is only told. */
function createFleet() {
  const memory = createMapMemory();
  let nowMs = 0;
  let problems = 0;
  const now = () => ({ boot: 'b', monotonicMs: nowMs, wallMs: nowMs });
  const tell = (news: News): void => {
    memory.write(learn(news, { rules, memory, now: now() }));
  };
  return {
    pass: (ms: number) => (nowMs += ms),
    tell,
    /** @returns the code, or the kick */
    decide: (host: string, service = 'HTTP'): string => {
      problems += 1;
      const { decision, kick, changes } = judge(
        {
          monitor: 'nagios',
          host,
          service,
          state: 'CRITICAL',
          stateType: 'HARD',
          attempt: 4,
          problem: String(problems),
          inDowntime: false,
        },
        { rules, memory, facts: { certname: host, groups: [] }, now: now() },
        () => `${host} ${String(problems)}`,
      );
      memory.write(changes);
      return kick ?? (decision.kind === 'kick' ? '' : decision.code);
    },
    end: (kick: string, outcome: OutcomeRecord = ended) =>
      tell({ kind: 'outcome', kick, outcome }),
    fleet: () => memory.read('fleet', ''),
    host: (name: string) => memory.read('host', name),
  };
}
const ended: OutcomeRecord = {
  kind: 'ended',
  run: 'r',
  outcome: { kind: 'corrected', corrected: [], failed: [] },
};
const notKnown: OutcomeRecord = {
  kind: 'not-known',
  code: 'WAIT_OVER',
  message: 'x',
};

t.test('so many under way, and the next when a place is free', (t) => {
  const fleet = createFleet();
  const kicks = ['a', 'b', 'c', 'd'].map((host) => fleet.decide(host));
  t.strictSame(kicks, ['a 1', 'b 2', 'c 3', 'd 4']);
  t.equal(fleet.decide('e'), 'concurrency');
  fleet.end('a 1');
  t.equal(fleet.decide('e'), 'e 6');
  t.equal(fleet.fleet()?.open, 4);
  t.end();
});

t.test(
  'a host that is not reached gives its place back at once, and takes one of few',
  (t) => {
    const fleet = createFleet();
    for (const host of ['a', 'b', 'c', 'd']) fleet.decide(host);
    fleet.tell({ kind: 'not-reached', kick: 'a 1' });
    fleet.tell({ kind: 'not-reached', kick: 'b 2' });
    t.equal(fleet.fleet()?.open, 4, 'its kick is under way still');
    t.equal(fleet.host('a')?.isSlow, true);
    t.equal(fleet.decide('e'), 'e 5');
    t.equal(fleet.decide('f'), 'f 6');
    t.equal(fleet.decide('g'), 'concurrency');
    fleet.end('a 1', { kind: 'gave-up', code: 'X', message: 'x' });
    fleet.end('b 2', { kind: 'gave-up', code: 'X', message: 'x' });
    t.equal(fleet.host('a')?.isSlow, true, 'it has not proved anything');
    fleet.end('e 5');
    fleet.end('f 6');
    t.equal(fleet.decide('a'), 'a 8');
    t.equal(fleet.decide('b'), 'slow-host', 'one of four is for such hosts');
    t.equal(fleet.decide('h'), 'h 10', 'the others do not wait for it');
    fleet.end('a 8');
    t.equal(fleet.host('a')?.isSlow, undefined);
    t.equal(fleet.decide('b'), 'b 11');
    t.end();
  },
);

t.test('accepted after all, it takes a place again', (t) => {
  const fleet = createFleet();
  fleet.decide('a');
  fleet.tell({ kind: 'not-reached', kick: 'a 1' });
  t.equal(takenAt(fleet.fleet()?.places, 0), 0);
  fleet.pass(5000);
  fleet.tell({ kind: 'accepted', kick: 'a 1' });
  t.equal(takenAt(fleet.fleet()?.places, 5000), 1);
  fleet.tell({ kind: 'accepted', kick: 'a 1' });
  t.equal(takenAt(fleet.fleet()?.places, 5000), 1, 'one');
  fleet.pass(3000);
  fleet.end('a 1');
  t.equal(takenAt(fleet.fleet()?.places, 8000), 0);
  t.strictSame(fleet.fleet()?.tookMs, [3000], 'from its acceptance');
  t.end();
});

t.test('hosts that never end their run keep nobody from being healed', (t) => {
  const fleet = createFleet();
  for (const host of ['a', 'b', 'c', 'd']) {
    const kick = fleet.decide(host);
    fleet.tell({ kind: 'accepted', kick });
  }
  t.equal(fleet.decide('e'), 'concurrency');
  fleet.pass(14_999);
  t.equal(fleet.decide('f'), 'concurrency');
  fleet.pass(1);
  t.equal(fleet.decide('g'), 'g 7');
  fleet.end('a 1', notKnown);
  t.equal(fleet.host('a')?.isSlow, true);
  fleet.end('b 2');
  t.equal(fleet.host('b')?.isSlow, undefined, 'late, and yet it ended');
  t.strictSame(fleet.fleet()?.tookMs, [15_000]);
  t.end();
});

t.test('news about a kick that nobody knows changes nothing', (t) => {
  const fleet = createFleet();
  fleet.decide('a');
  const before = fleet.fleet();
  fleet.tell({ kind: 'accepted', kick: 'x' });
  fleet.tell({ kind: 'not-reached', kick: 'x' });
  t.strictSame(fleet.fleet(), before);
  t.end();
});

t.test('places that are given back by time are forgotten', (t) => {
  const fleet = fleetOf({ places: { '9': 1, '10': 2, '11': 3 } });
  const given = { second: '11', isProbation: false };
  t.strictSame(releasePlace(fleet, given, 10 * second).places, { '11': 2 });
  t.end();
});
