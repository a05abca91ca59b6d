import { DatabaseSync } from 'node:sqlite';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Decision } from '../../src/decide/decision.ts';
import { createFakeClock } from '@kickd/testkit';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { OpenRecord } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ports.ts';

const clock = createFakeClock();
const anOpen = (kick: string, problem: string): OpenRecord => ({
  kick,
  problem,
  decided: { boot: 'b', monotonicMs: 1, wallMs: 2 },
  lifeMs: 600_000,
  target: { name: 'web1', certname: 'web1', address: 'web1', port: 8139 },
  request: { kick, certname: 'web1' },
  event: {
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 4,
    inDowntime: false,
  },
  progress: { stage: 'sending' },
});
const open = (
  ledger: Ledger,
  record: OpenRecord,
  entries: Parameters<Ledger['append']>[0] = [],
) =>
  ledger.transact((transaction) => {
    transaction.add(entries);
    transaction.open(record, JSON.stringify(['nagios', 'web1', 'HTTP']));
  });

const kickDecision: Decision = {
  kind: 'kick',
  mode: 'automatic',
  request: {},
  reasons: [],
};

void t.test('what is written is there after opening it again', async (t) => {
  const file = join(t.testdir(), 'state', 'ledger.sqlite');
  const first = openLedger(file, clock);
  first.append([
    {
      entry: {
        kind: 'decision',
        body: { ...kickDecision, reasons: ['because'] },
      },
      keys: { kick: 'k1', problem: 'p1' },
    },
  ]);
  first.close();
  first.close();
  const again = openLedger(file, clock);
  t.strictSame(again.entriesOf({ kick: 'k1' }), [
    {
      seq: 1,
      at: '2026-03-01T00:00:00.000Z',
      kick: 'k1',
      problem: 'p1',
      entry: {
        kind: 'decision',
        body: { ...kickDecision, reasons: ['because'] },
      },
    },
  ]);
  t.equal(again.entriesOf({ problem: 'p1' }).length, 1);
  t.equal(again.entriesOf({ problem: 'p2' }).length, 0);
  again.close();
  t.equal(statSync(file).mode & 0o777, 0o640);
});

void t.test('one open kick a problem, whoever is faster', async (t) => {
  const file = join(t.testdir(), 'ledger.sqlite');
  const one = openLedger(file, clock);
  const two = openLedger(file, clock);
  open(one, anOpen('k1', 'p1'));
  t.throws(() => open(two, anOpen('k2', 'p1')), { code: 'LEDGER_UNWRITABLE' });
  t.strictSame(two.findOpen({ problem: 'p1' }), anOpen('k1', 'p1'));
  t.equal(two.findOpen({ kick: 'k2' }), undefined, 'nothing of it is written');
  open(two, anOpen('k3', 'p3'));
  t.strictSame(
    one.listOpen(10).map(({ kick }) => kick),
    ['k1', 'k3'],
  );

  one.transact((transaction) => transaction.close('k1'));
  t.equal(two.findOpen({ problem: 'p1' }), undefined);
  open(two, anOpen('k4', 'p1'));
  one.close();
  two.close();
});

void t.test('history cannot be rewritten', async (t) => {
  const file = join(t.testdir(), 'ledger.sqlite');
  const ledger = openLedger(file, clock);
  ledger.append([
    {
      entry: { kind: 'decision', body: kickDecision },
      keys: { kick: 'k1' },
    },
  ]);
  const database = new DatabaseSync(file);
  t.throws(() => database.exec("update entry set kick = 'x'"), /append-only/);
  t.throws(() => database.exec('delete from entry'), /append-only/);
  t.equal(
    database.prepare('pragma journal_mode').get()?.['journal_mode'],
    'wal',
  );
  database.close();
  ledger.close();
});

void t.test('a half-written event leaves nothing', async (t) => {
  const ledger = openLedger(join(t.testdir(), 'ledger.sqlite'), clock);
  open(ledger, anOpen('k1', 'p1'));
  // The same kick under another problem: the second insert of the transaction fails.
  t.throws(
    () =>
      open(ledger, anOpen('k1', 'p2'), [
        {
          entry: { kind: 'decision', body: kickDecision },
          keys: { problem: 'p2' },
        },
      ]),
    { code: 'LEDGER_UNWRITABLE' },
  );
  t.equal(ledger.entriesOf({ problem: 'p2' }).length, 0);
  ledger.append([]);
  ledger.close();
});

void t.test('what cannot be written says so', async (t) => {
  const dir = t.testdir({ plain: 'a file', locked: {} });
  t.throws(() => openLedger(join(dir, 'plain', 'ledger.sqlite'), clock), {
    code: 'LEDGER_UNWRITABLE',
    remedy: /install -d/,
    exitCode: 2,
  });
  writeFileSync(join(dir, 'garbage'), 'this is no database'.repeat(100));
  t.throws(() => openLedger(join(dir, 'garbage'), clock), {
    code: 'LEDGER_UNWRITABLE',
    message: /nothing was sent/,
  });
  t.throws(
    () => openLedger('/proc/none/ledger.sqlite', clock),
    { code: 'LEDGER_UNWRITABLE' },
    'where mkdir of Node never returns',
  );
  if (process.getuid?.() !== 0) {
    chmodSync(join(dir, 'locked'), 0o500);
    t.throws(() => openLedger(join(dir, 'locked', 'l.sqlite'), clock), {
      code: 'LEDGER_UNWRITABLE',
    });
  }
});

void t.test('busy: another kicker writes and does not let go', async (t) => {
  const file = join(t.testdir(), 'ledger.sqlite');
  const ledger = openLedger(file, clock, { busyMs: 1 });
  const other = new DatabaseSync(file);
  other.exec('begin immediate');
  t.throws(() => ledger.append([]), {
    code: 'LEDGER_UNWRITABLE',
    message: /locked/,
  });
  other.exec('rollback');
  ledger.append([]);
  other.close();
  ledger.close();
});

void t.test('a ledger of a newer kicker is left alone', async (t) => {
  const file = join(t.testdir(), 'ledger.sqlite');
  openLedger(file, clock).close();
  const database = new DatabaseSync(file);
  database.exec('pragma user_version = 99');
  database.close();
  t.throws(() => openLedger(file, clock), { code: 'LEDGER_NEWER' });
});
