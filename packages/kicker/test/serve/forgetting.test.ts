import { join } from 'node:path';
import t from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { judge } from '../../src/decide/judge.ts';
import { learn } from '../../src/decide/learn.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Event } from '../../src/events/event.ts';
import { createForgetting } from '../../src/serve/forgetting.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** A ledger, a clock that is only told, and what a monitor says. */
function createPast(dir: string) {
  let nowMs = Date.parse('2026-03-01T00:00:00Z');
  const clock = {
    now: () => new Date(nowMs),
    moment: () => ({ wallMs: nowMs, boot: 'boot', monotonicMs: nowMs }),
  };
  const ledger = openLedger(join(dir, 'ledger.sqlite'), clock);
  const forget = createForgetting(ledger, clock);
  let kicks = 0;
  const rules = defaultRuleSet;
  return {
    ledger,
    forget,
    pass: (ms: number) => (nowMs += ms),
    /** @returns what it came to */
    tell: (host: string, part: Partial<Event> = {}) =>
      ledger.transact((transaction) => {
        const event: Event = {
          monitor: 'nagios',
          host,
          service: 'HTTP',
          state: 'CRITICAL',
          stateType: 'HARD',
          attempt: 4,
          problem: '1',
          inDowntime: false,
          hostState: 'UP',
          ...part,
        };
        const facts = { certname: host, groups: [] };
        const now = clock.moment();
        const world = { rules, memory: transaction, facts, now };
        const { decision, kick, changes } = judge(
          event,
          world,
          () => `k${String((kicks += 1))}`,
        );
        transaction.remember(changes);
        return { decision, kick };
      }),
    end: (kick = '') =>
      ledger.transact((transaction) => {
        const learning = { rules, memory: transaction, now: clock.moment() };
        transaction.remember(
          learn(
            {
              kind: 'outcome',
              kick,
              outcome: {
                kind: 'ended',
                run: 'r',
                outcome: { kind: 'unchanged', corrected: [], failed: [] },
              },
            },
            learning,
          ),
        );
      }),
    services: () =>
      ledger.remembered('service', '', 10_000).map(({ key }) => key),
    hosts: () => ledger.remembered('host', '', 10_000).map(({ key }) => key),
  };
}

void t.test('months of a fleet that changes: no more than it is', async (t) => {
  const past = createPast(t.testdir());
  t.teardown(() => past.ledger.close());
  const sizes: number[] = [];
  for (let month = 0; month < 24; month += 1) {
    for (let host = 0; host < 20; host += 1) {
      const name = `vm${String(month)}-${String(host)}`;
      past.tell(name, { attempt: 1, stateType: 'SOFT' });
      past.tell(name, { state: 'OK' });
    }
    past.pass(30 * dayMs);
    past.forget(90);
    sizes.push(past.services().length + past.hosts().length);
  }
  t.ok(Math.max(...sizes) <= 20 * 2 + 20 * 5, sizes.join());
  t.equal(sizes.at(-1), sizes.at(-8), 'flat');
});

void t.test('what says something stays', async (t) => {
  const past = createPast(t.testdir());
  t.teardown(() => past.ledger.close());
  const { kick } = past.tell('open');
  t.ok(kick);
  past.tell('red', { stateType: 'SOFT', attempt: 1 });
  past.tell('green', { state: 'OK' });
  past.pass(40 * dayMs);
  t.equal(past.forget(90), 1);
  t.strictSame(past.services(), ['open\tHTTP', 'red\tHTTP'].toSorted());
  past.pass(60 * dayMs);
  past.forget(90);
  t.strictSame(past.services(), ['open\tHTTP'], 'a kick under way, for ever');
  t.ok(past.hosts().includes('open'));
  past.end(kick);
  past.tell('open', { state: 'OK' });
  past.pass(100 * dayMs);
  past.forget(90);
  t.strictSame([past.services(), past.hosts()], [[], ['red']]);
});

void t.test('a decision is the same after it was forgotten', async (t) => {
  const dirs = t.testdir({ one: {}, other: {} });
  const lives = ['one', 'other'].map((name) => createPast(join(dirs, name)));
  const decisions = lives.map((past, index) => {
    t.teardown(() => past.ledger.close());
    const { kick } = past.tell('web1');
    past.pass(hourMs);
    past.tell('web1', { state: 'OK' });
    past.end(kick);
    past.pass(33 * dayMs);
    if (index === 1) t.equal(past.forget(400), 1);
    const { decision } = past.tell('web1', { problem: '2' });
    return { ...decision, reasons: [] };
  });
  t.strictSame(decisions[0], decisions[1]);
  t.equal(decisions[0]?.kind, 'kick');
});

void t.test('page after page, and from the beginning again', async (t) => {
  const past = createPast(t.testdir());
  t.teardown(() => past.ledger.close());
  for (let host = 0; host < 1200; host += 1) {
    past.tell(`vm${String(host)}`, { state: 'OK' });
  }
  past.pass(33 * dayMs);
  const gone = [1, 2, 3, 4].map(() => past.forget(400));
  t.strictSame(gone, [500, 500, 200, 0]);
  past.tell('late', { state: 'OK' });
  past.pass(33 * dayMs);
  t.equal(past.forget(400), 1);
});
