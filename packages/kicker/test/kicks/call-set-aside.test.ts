import t, { type Test } from 'tap';
import { callForSetAside } from '../../src/kicks/call-set-aside.ts';
import { endPages } from '../../src/kicks/end-pages.ts';
import type { BadEvents } from '../../src/ports.ts';
import { createDecidingWorld } from './deciding-world.ts';

const newest = { name: '17-a', reason: 'too-long', at: new Date(0) };
const some: BadEvents = { count: 3, dropped: 1, newest };
const none: BadEvents = { count: 0, dropped: 1 };

function createWorld(t: Test, command?: readonly string[]) {
  const world = createDecidingWorld(
    t,
    {},
    {},
    {
      can: () => true,
      passive: { host: 'monitor', service: 'kicker' },
      ...(command === undefined ? {} : { command }),
    },
  );
  return {
    ...world,
    call: (bad: BadEvents) => callForSetAside(bad, world.deciding),
    told: () =>
      world.ledger
        .history({ kinds: ['escalation'] }, Number.MAX_SAFE_INTEGER, 10)
        .map(({ entry }) => entry.body),
  };
}

t.test('a person is called by the command, once', async (t) => {
  const world = createWorld(t, ['/usr/bin/call', '-x']);
  t.equal(world.call(some), true);
  const reason = '4 set aside; the newest: 17-a (too-long); look: kicker check';
  t.strictSame(world.told(), [{ about: 'events', reason }]);
  const subject = 'events that kicker cannot read';
  t.strictSame(world.actions(), [
    {
      to: 'person',
      subject,
      argv: ['/usr/bin/call', '-x'],
      input: JSON.stringify({ version: 1, about: 'events', reason, subject }),
    },
  ]);
  t.equal(world.call({ ...some, count: 4 }), false);
  t.equal(world.told().length, 1);
});

t.test('once more when the place was emptied meanwhile', async (t) => {
  const world = createWorld(t);
  t.equal(world.call(none), false);
  t.equal(world.call(some), true);
  t.equal(world.call(none), false);
  t.equal(world.ledger.read('page', 'events'), undefined);
  t.equal(world.call({ count: 1, dropped: 0 }), true);
  t.strictSame(world.told()[0], {
    about: 'events',
    reason: '1 set aside; look: kicker check',
  });
  t.strictSame(world.actions(), [], 'no command: the ledger says it');
});

t.test('no other call of a person ends it, or is kept by it', async (t) => {
  const world = createWorld(t);
  world.call(some);
  t.strictSame(endPages(world.deciding), []);
  t.not(world.ledger.read('page', 'events'), undefined);
  const problem = { kind: 'problem', service: 'web1\tHTTP' } as const;
  world.ledger.transact((transaction) =>
    transaction.remember([
      {
        kind: 'page',
        key: 'problem x',
        value: { host: 'web1', about: problem },
      },
    ]),
  );
  t.strictSame(endPages(world.deciding), ['problem x']);
  t.match(world.actions(), [{ feedback: { kind: 'result', state: 'OK' } }]);
});
