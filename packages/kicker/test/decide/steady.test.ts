import t from 'tap';
import { fleetAt, fleetOf } from '../../src/decide/steady.ts';
import { memoryOf } from './situation-of.ts';

const at = (ms: number, boot = 'a', wallMs = 1_772_000_000_000 + ms) => ({
  wallMs,
  boot,
  monotonicMs: ms,
});
const fleet = {
  open: 2,
  kicks: [7],
  moment: at(1000),
  steadyMs: 50_000,
  isTrouble: true,
};

void t.test('the clock of the ledger', async (t) => {
  const now = at(5000);
  t.strictSame(fleetAt(memoryOf(), now), {
    open: 0,
    kicks: [],
    moment: now,
    steadyMs: 0,
  });
  const memory = memoryOf({ 'fleet ': fleet });
  t.strictSame(fleetAt(memory, now), {
    ...fleet,
    moment: now,
    steadyMs: 54_000,
  });
  const set = at(5000, 'a', 0);
  t.equal(fleetAt(memory, set).steadyMs, 54_000, 'the wall clock was set');
  const booted = at(3, 'b', fleet.moment.wallMs + 9000);
  t.equal(
    fleetAt(memory, booted).steadyMs,
    59_000,
    'across a boot the wall clock tells',
  );
  t.equal(fleetAt(memory, at(0)).steadyMs, 50_000, 'it never goes back');
  t.equal(fleetAt(memory, fleet.moment), fleet, 'of this very instant');
});

void t.test('whoever learns has started it', async (t) => {
  t.equal(fleetOf(memoryOf({ 'fleet ': fleet })), fleet);
  t.throws(() => fleetOf(memoryOf()), { message: /not started/ });
});
