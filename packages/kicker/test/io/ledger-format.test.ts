import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { createFakeClock } from '@kickd/testkit';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import { ledgerMigrations } from '../../src/ledger/schema.ts';

const problem = JSON.stringify(['nagios', 'web1', 'HTTP', '1']);
const event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL' as const,
  stateType: 'HARD' as const,
  attempt: 4,
  inDowntime: false,
};

t.test('a ledger of format 1 is taken over, with what is under way', (t) => {
  const file = join(t.testdir(), 'ledger.sqlite');
  const old = new DatabaseSync(file);
  old.exec(`${ledgerMigrations[0]} pragma user_version = 1;`);
  old
    .prepare(
      "insert into entry (at, kind, kick, problem, body) values ('2026-01-01T00:00:00.000Z', 'event', 'k1', ?, ?), ('2026-01-01T00:00:01.000Z', 'event', null, 'no key', '{}')",
    )
    .run(problem, JSON.stringify(event));
  old
    .prepare(
      "insert into open_kick (kick, problem, expires, owner, body) values ('k1', ?, '2026-01-01T00:10:00.000Z', 'boot/1/1', ?)",
    )
    .run(problem, JSON.stringify({ target: {}, request: {}, event }));
  old.close();

  const ledger = openLedger(file, createFakeClock());
  t.match(ledger.listOpen(10), [
    { kick: 'k1', lifeMs: 600_000, progress: { stage: 'sending' } },
  ]);
  t.match(ledger.history({ host: 'web1' }, Number.MAX_SAFE_INTEGER, 10), [
    { kick: 'k1', entry: { kind: 'event', body: { host: 'web1' } } },
  ]);
  const subject = JSON.stringify(['nagios', 'web1', 'HTTP']);
  ledger.transact((transaction) =>
    t.match(transaction.openOf(subject), [{ kick: 'k1' }]),
  );
  ledger.close();
  openLedger(file, createFakeClock()).close();
  t.end();
});

t.test(
  'a ledger of format 2 is taken over, with all that is to be done',
  (t) => {
    const file = join(t.testdir(), 'ledger.sqlite');
    const old = new DatabaseSync(file);
    old.exec(
      `${ledgerMigrations[0]} ${ledgerMigrations[1]} pragma user_version = 2;`,
    );
    const outcome = { kind: 'not-known', code: 'X', message: 'x' };
    const since = { boot: 'b', monotonicMs: 1, wallMs: 2 };
    const stages = [
      { stage: 'open' },
      { stage: 'open', run: 'r2' },
      { stage: 'ended' },
      { stage: 'ended', run: 'r4' },
      { stage: 'verify', outcome, since },
    ];
    for (const [at, progress] of stages.entries()) {
      const host = `web${String(at + 1)}`;
      old
        .prepare(
          "insert into open_kick (kick, problem, expires, owner, progress, subject, body) values (?, ?, '2026-01-01T00:10:00.000Z', 'o', ?, ?, ?)",
        )
        .run(
          `k${String(at + 1)}`,
          JSON.stringify(['nagios', host, 'HTTP', '1']),
          JSON.stringify(progress),
          JSON.stringify(['nagios', host, 'HTTP']),
          JSON.stringify({ target: {}, request: {}, event }),
        );
    }
    const about = { host: 'web1', service: 'HTTP' };
    const errands = [
      { kind: 'recheck', ...about },
      { kind: 'comment', host: 'web1', text: 'x' },
      { kind: 'acknowledge', ...about, text: 'healing' },
      { kind: 'remove-acknowledgement', ...about },
      { kind: 'result', ...about, code: 2, text: 'red' },
      { kind: 'command', argv: ['/page', '-x'], input: '{}' },
    ];
    for (const [at, errand] of errands.entries()) {
      old
        .prepare(
          "insert into errand (at, kick, problem, tries, body) values ('2026-01-01T00:00:00.000Z', 'k1', ?, ?, ?)",
        )
        .run(problem, at, JSON.stringify(errand));
    }
    old.close();

    const ledger = openLedger(file, createFakeClock());
    t.strictSame(
      ledger.listOpen(10).map(({ progress }) => progress),
      [
        { stage: 'sending' },
        { stage: 'following', run: 'r2' },
        { stage: 'sending', isOver: true, mayHaveArrived: true },
        { stage: 'following', run: 'r4', isOver: true },
        { stage: 'verifying', outcome, since },
      ],
    );
    t.match(ledger.listOpen(1), [
      {
        decided: { wallMs: Date.parse('2026-01-01T00:00:00Z') },
        lifeMs: 600_000,
      },
    ]);
    t.equal(ledger.countActions(), 6);
    const monitor = 'nagios';
    const pending = (subject: unknown) =>
      ledger.transact((transaction) =>
        transaction
          .pendingActions(JSON.stringify(subject))
          .map(({ action, tries }) => [tries, action]),
      );
    t.strictSame(pending(['nagios', 'web1', 'HTTP']), [
      [
        0,
        { to: 'monitor', monitor, place: about, feedback: { kind: 'recheck' } },
      ],
      [
        2,
        {
          to: 'monitor',
          monitor,
          place: about,
          feedback: { kind: 'acknowledge', text: 'healing' },
        },
      ],
      [
        3,
        {
          to: 'monitor',
          monitor,
          place: about,
          feedback: { kind: 'unacknowledge' },
        },
      ],
      [
        4,
        {
          to: 'monitor',
          monitor,
          place: about,
          feedback: { kind: 'result', text: 'red', state: 'CRITICAL' },
        },
      ],
    ]);
    t.strictSame(pending(['nagios', 'web1', null]), [
      [
        1,
        {
          to: 'monitor',
          monitor,
          place: { host: 'web1' },
          feedback: { kind: 'comment', text: 'x' },
        },
      ],
    ]);
    const [call] = ledger.listActions(
      'person',
      { boot: 'c', monotonicMs: 0, wallMs: Date.parse('2026-01-01T00:00:01Z') },
      10,
    );
    t.match(call?.action, { to: 'person', argv: ['/page', '-x'], input: '{}' });
    ledger.close();
    t.end();
  },
);

t.test('a name of the spool is taken once', (t) => {
  const ledger = openLedger(join(t.testdir(), 'l.sqlite'), createFakeClock());
  const entry = { entry: { kind: 'event', body: event } as const, keys: {} };
  ledger.transact((transaction) => {
    t.equal(transaction.isHandled('name'), false);
    transaction.add([entry, entry], 'name');
    t.equal(transaction.isHandled('name'), true);
  });
  t.throws(
    () => ledger.transact((transaction) => transaction.add([entry], 'name')),
    { code: 'LEDGER_UNWRITABLE' },
  );
  ledger.close();
  t.end();
});

t.test('old entries go by one door, and what is under way stays', async (t) => {
  const file = join(t.testdir(), 'l.sqlite');
  const clock = createFakeClock();
  const ledger = openLedger(file, clock);
  const add = (kick?: string) =>
    ledger.append([
      {
        entry: { kind: 'event', body: event },
        keys: { problem, ...(kick === undefined ? {} : { kick }) },
      },
    ]);
  const left = () => ledger.entriesOf({ problem }).map(({ seq }) => seq);
  const before = (hours: number) =>
    new Date(clock.now().getTime() - hours * 60 * 60 * 1000);
  for (let count = 0; count < 4; count += 1) {
    add();
    await clock.advance(60 * 60 * 1000);
  }
  add('k1');
  add();
  const limits = { entriesMost: 1000, most: 100 };
  t.equal(ledger.prune({ ...limits, before: before(10) }), 0);
  t.equal(ledger.prune({ ...limits, before: before(2.5) }), 2);
  t.strictSame(left(), [3, 4, 5, 6]);
  t.equal(ledger.prune({ before: before(10), entriesMost: 3, most: 100 }), 1);
  t.strictSame(left(), [4, 5, 6]);
  ledger.transact((transaction) =>
    transaction.open(
      {
        kick: 'k1',
        problem,
        decided: { boot: 'b', monotonicMs: 0, wallMs: 0 },
        lifeMs: 600_000,
        target: { name: 'w', certname: 'w', address: 'w', port: 1 },
        request: { kick: 'k1', certname: 'w' },
        event,
        progress: { stage: 'sending' },
      },
      'subject',
    ),
  );
  t.equal(ledger.prune({ ...limits, before: before(-1) }), 1);
  t.strictSame(left(), [5, 6], 'the story of a kick under way');
  ledger.transact((transaction) => transaction.close('k1'));
  t.equal(ledger.prune({ ...limits, before: before(-1) }), 2);
  t.equal(ledger.prune({ ...limits, before: before(-1) }), 0);
  add();
  t.strictSame(left(), [7], 'numbers go on');

  const database = new DatabaseSync(file);
  t.throws(() => database.exec('delete from entry'), /append-only/);
  t.throws(() => database.exec("update entry set kick = 'x'"), /append-only/);
  database.close();
  ledger.close();
});

t.test('due by the clock that never jumps; by the wall after a boot', (t) => {
  const ledger = openLedger(join(t.testdir(), 'l.sqlite'), createFakeClock());
  ledger.transact((transaction) =>
    transaction.setWaiting({
      problem,
      subject: 's',
      event,
      code: 'cool-down',
      since: { boot: 'a', monotonicMs: 1000, wallMs: 5000 },
      afterMs: 100,
    }),
  );
  const due = (boot: string, monotonicMs: number, wallMs: number) =>
    ledger.listDue({ boot, monotonicMs, wallMs }, 10).length;
  t.equal(due('a', 1099, 9_999_999), 0, 'the wall clock says nothing');
  t.equal(due('a', 1100, 0), 1);
  t.equal(due('b', 0, 5099), 0);
  t.equal(due('b', 0, 5100), 1);
  ledger.close();
  t.end();
});
