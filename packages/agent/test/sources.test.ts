import fc from 'fast-check';
import t from 'tap';
import { Sources } from '../src/sources.ts';

const limits = {
  connections: 3,
  perSecond: 10,
  burst: 20,
  failureCost: 5,
  debtMax: 50,
  rememberedMax: 4,
};
const one = '192.0.2.1';
const other = '192.0.2.2';

/** How many of so many come in, each closed at once. */
function pass(
  sources: Sources,
  address: string,
  times: number,
  nowMs: number,
): number {
  let passed = 0;
  for (let n = 0; n < times; n += 1) {
    if (sources.enter(address, nowMs).kind !== 'come-in') continue;
    passed += 1;
    sources.leave(address);
  }
  return passed;
}

t.test('only so many are open at the same time', async (t) => {
  const sources = new Sources(limits);
  for (let n = 0; n < 3; n += 1)
    t.match(sources.enter(one, 0), { kind: 'come-in' });
  t.match(sources.enter(one, 0), {
    kind: 'turned-away',
    why: 'connections',
    isFirst: true,
  });
  t.match(sources.enter(one, 0), { why: 'connections', isFirst: false });
  t.match(sources.enter(other, 0), { kind: 'come-in' }, 'another source');
  sources.leave(one);
  t.match(sources.enter(one, 0), { kind: 'come-in' }, 'one has left');
});

t.test('a burst, then so many a second', async (t) => {
  const sources = new Sources(limits);
  t.equal(pass(sources, one, 100, 0), 20);
  t.equal(pass(sources, one, 100, 1000), 10);
  t.equal(pass(sources, one, 100, 1000), 0);
  t.equal(pass(sources, other, 100, 1000), 20, 'another source');
  t.equal(pass(sources, one, 100, 3_600_000), 20, 'never more than the burst');
});

t.test('a failed handshake counts as several, and is forgiven', async (t) => {
  const sources = new Sources(limits);
  for (let n = 0; n < 1000; n += 1) sources.fail(one, 0);
  t.equal(pass(sources, one, 100, 4000), 0, 'it owes 50, at 10 a second');
  t.equal(pass(sources, one, 100, 6000), 10);
});

t.test('one host has a whole /64 of addresses', async (t) => {
  const sources = new Sources(limits);
  const v6 = (n: number): string => `2001:db8:0:1::${n.toString(16)}`;
  t.equal(pass(sources, v6(1), 100, 0), 20);
  t.equal(pass(sources, v6(0xffff), 100, 0), 0);
  t.equal(pass(sources, '2001:db8:0:2::1', 100, 0), 20, 'the next one');
  t.equal(pass(sources, '192.0.2.9', 5, 0), 5);
  t.equal(pass(sources, '::ffff:192.0.2.9', 100, 0), 15, 'a mapped address');
});

t.test('who was turned away is told once, and forgotten', async (t) => {
  const sources = new Sources(limits);
  pass(sources, one, 25, 0);
  t.strictSame(sources.settle(0), [{ address: one, why: 'rate', count: 4 }]);
  t.strictSame(sources.settle(60_000), []);
  t.match(
    sources.enter(one, 60_000),
    { kind: 'come-in' },
    'it owes nothing any more',
  );
});

t.test('memory is bounded, and an open connection is never forgotten', (t) => {
  const sources = new Sources(limits);
  for (let n = 0; n < 3; n += 1) sources.enter(one, 0);
  for (let n = 0; n < 1000; n += 1)
    pass(sources, `198.51.100.${String(n % 256)}`, 1, 0);
  t.match(sources.enter(one, 0), { why: 'connections' });
  t.end();
});

t.test('in any order: never more open than allowed, never below zero', (t) => {
  const step = fc.tuple(
    fc.constantFrom('enter', 'leave', 'fail', 'settle'),
    fc.constantFrom(one, other, '2001:db8::1', 'unknown'),
    fc.nat(500),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const sources = new Sources({ ...limits, rememberedMax: 100 });
      const open = new Map<string, number>();
      let nowMs = 0;
      for (const [what, address, passedMs] of steps) {
        nowMs += passedMs;
        const count = open.get(address) ?? 0;
        if (what === 'fail') sources.fail(address, nowMs);
        if (what === 'settle') sources.settle(nowMs);
        if (what === 'leave' && count > 0) {
          sources.leave(address);
          open.set(address, count - 1);
        }
        if (what !== 'enter') continue;
        const isIn = sources.enter(address, nowMs).kind === 'come-in';
        if (isIn) open.set(address, count + 1);
        if ((open.get(address) ?? 0) > limits.connections) return false;
      }
      return true;
    }),
  );
  t.end();
});
