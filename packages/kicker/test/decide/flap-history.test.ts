import t from 'tap';
import { createRandom } from '@kickd/testkit';
import {
  holdStill,
  recordEvent,
  steadyFlap,
} from '../../src/decide/flap-history.ts';
import type { Event } from '../../src/events/event.ts';

/**
 * What check_for_service_flapping() of Nagios does with one check, told anew from its behaviour: a ring of
 * 21 states and a cursor; only HARD states and SOFT recoveries are recorded.
 * @see https://github.com/NagiosEnterprises/nagioscore/blob/master/base/flapping.c
 */
function createNagios(low: number, high: number) {
  const ring = Array.from({ length: 21 }, () => 'OK');
  let cursor = 0;
  let isFlapping = false;
  return (state: string, stateType: string): boolean => {
    if (stateType === 'SOFT' && state !== 'OK') return isFlapping;
    ring[cursor] = state;
    cursor = cursor === 20 ? 0 : cursor + 1;
    let curved = 0;
    let last = ring[cursor];
    for (let x = 1; x < 21; x += 1) {
      const now = ring[(cursor + x) % 21];
      if (now !== last) curved += ((x - 1) * (1.25 - 0.75)) / 19 + 0.75;
      last = now;
    }
    const percent = (curved * 100) / 20;
    if (percent > low && percent < high) return isFlapping;
    isFlapping = percent > low;
    return isFlapping;
  };
}

void t.test(
  'the same verdict as Nagios at each check of 20,000 sequences',
  async (t) => {
    const random = createRandom(20);
    const states = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
    let checks = 0;
    let flapped = 0;
    for (let sequence = 0; sequence < 20_000; sequence += 1) {
      const low = 1 + random.below(20);
      const high = low + 1 + random.below(40);
      const nagios = createNagios(low, high);
      const restlessness = random.below(100) / 100;
      let flap = steadyFlap(0);
      let state: Event['state'] = 'OK';
      for (let check = 0; check < 60; check += 1) {
        if (random.chance(restlessness)) state = random.pick(states);
        const stateType = random.chance(0.3) ? 'SOFT' : 'HARD';
        // Every check is told, at its own instant: there is nothing between two to fill in.
        flap = recordEvent(flap, { state, stateType }, 0, {
          low,
          high,
          checkSeconds: 60,
        });
        checks += 1;
        const wanted = nagios(state, stateType);
        if (wanted) flapped += 1;
        if (flap.isFlapping !== wanted) {
          t.equal(
            flap.isFlapping,
            wanted,
            `sequence ${sequence}, check ${check}`,
          );
          return;
        }
      }
    }
    t.equal(checks, 1_200_000);
    t.ok(flapped > checks / 10 && flapped < (checks * 9) / 10, 'both verdicts');
  },
);

const thresholds = { low: 5, high: 20, checkSeconds: 60 };
const minute = 60 * 1000;

void t.test('checks between events are filled in', async (t) => {
  let flap = steadyFlap(0);
  let atMs = 0;
  const flip = (everyMs: number): void => {
    for (const state of ['CRITICAL', 'OK'] as const) {
      atMs += everyMs;
      flap = recordEvent(flap, { state, stateType: 'HARD' }, atMs, thresholds);
    }
  };
  for (let times = 0; times < 10; times += 1) flip(60 * minute);
  t.notOk(flap.isFlapping, 'once an hour is not flapping, however long');
  for (let times = 0; times < 4; times += 1) flip(minute);
  t.ok(flap.isFlapping);
  const later = recordEvent(
    flap,
    { state: 'OK', stateType: 'HARD' },
    atMs + 10 * minute,
    thresholds,
  );
  t.ok(later.isFlapping, 'it goes on until the changes are few');
  const end = recordEvent(
    flap,
    { state: 'OK', stateType: 'HARD' },
    atMs + 21 * minute,
    thresholds,
  );
  t.notOk(end.isFlapping);
});

void t.test('the checks of a SOFT problem are not recorded', async (t) => {
  const flap = recordEvent(
    steadyFlap(0),
    { state: 'CRITICAL', stateType: 'SOFT' },
    minute,
    thresholds,
  );
  t.equal(flap.percent, 0);
  const hard = recordEvent(
    flap,
    { state: 'CRITICAL', stateType: 'HARD' },
    20 * minute,
    thresholds,
  );
  t.equal(hard.states, `${'o'.repeat(20)}c`);
});

void t.test('what is no state of a service is not recorded', async (t) => {
  const flap = steadyFlap(0);
  t.strictSame(
    recordEvent(flap, { state: 'UP', stateType: 'HARD' }, minute, thresholds),
    { ...flap, lastMs: minute },
  );
});

void t.test('a history that is held', async (t) => {
  let flap = steadyFlap(0);
  for (const state of ['CRITICAL', 'OK', 'CRITICAL'] as const) {
    flap = recordEvent(flap, { state, stateType: 'HARD' }, 0, thresholds);
  }
  t.equal(holdStill(flap, minute - 1, thresholds), flap);
  t.strictSame(holdStill(flap, minute, thresholds), {
    ...flap,
    states: `${flap.states.slice(1)}c`,
    // three changes, of which the newest is now one check old
    percent: 17.960526315789473,
  });
  const soft = recordEvent(
    flap,
    { state: 'WARNING', stateType: 'SOFT' },
    0,
    thresholds,
  );
  t.equal(
    holdStill(soft, 30 * minute, thresholds),
    soft,
    'SOFT: no check tells',
  );
});
