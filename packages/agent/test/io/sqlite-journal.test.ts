import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import { bareOutcome } from '../../src/run/outcome.ts';
import { endedRun, queuedRun, startedRun } from '../../src/run/run.ts';

const id = (n: number): string =>
  `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const now = new Date('2026-11-22T10:00:00.000Z');
const scope = { cm: 'puppet-agent', noop: false };
const queued = queuedRun(id(1), 'web1.example.com', scope, now);
const kick = { kick: id(2), run: id(1), by: 'monitor.example.com', body: '{}' };
const child = { pid: 4711, startTicks: '12345', bootId: 'boot' };

t.test('what was written is there after another opening', (t) => {
  const file = join(t.testdir(), 'state', 'journal.sqlite');
  let journal = openSqliteJournal(file);
  journal.accept(kick, queued);
  const running = startedRun(queued, now);
  journal.start(running, 'boot');
  journal.start(running, 'boot', child);
  journal.close();

  journal = openSqliteJournal(file);
  t.same(journal.findKick(id(2)), kick);
  t.equal(journal.findKick(id(3)), undefined);
  t.same(journal.openRuns(), [{ run: running, bootId: 'boot', child }]);
  const ended = endedRun(running, bareOutcome('unchanged'), now, 5);
  journal.end(ended);
  t.same(journal.openRuns(), []);
  t.same(journal.findRun(id(1)), ended);
  t.same(journal.recentRuns(5), [ended]);
  journal.close();
  t.end();
});

t.test('a kick id is taken once', (t) => {
  const journal = openSqliteJournal(join(t.testdir(), 'journal.sqlite'));
  journal.accept(kick, queued);
  const other = { ...queued, run: id(9) };
  t.throws(() => journal.accept({ ...kick, run: id(9) }, other), /UNIQUE/);
  t.equal(journal.findRun(id(9)), undefined, 'both or nothing');
  journal.close();
  t.end();
});

t.test('a second kickd on the same file is refused', (t) => {
  const file = join(t.testdir(), 'journal.sqlite');
  const journal = openSqliteJournal(file);
  t.throws(() => openSqliteJournal(file), {
    code: 'JOURNAL_UNUSABLE',
    message: /locked/,
    remedy: /fuser/,
  });
  journal.close();
  t.end();
});

t.test('a file that is no journal, or of a later format, is refused', (t) => {
  const file = join(t.testdir(), 'journal.sqlite');
  writeFileSync(file, 'this is not a database, and long enough to tell');
  t.throws(() => openSqliteJournal(file), { code: 'JOURNAL_UNUSABLE' });

  const later = join(t.testdir(), 'later.sqlite');
  const db = new DatabaseSync(later);
  db.exec('PRAGMA user_version = 99');
  db.close();
  t.throws(() => openSqliteJournal(later), {
    code: 'JOURNAL_UNUSABLE',
    message: /later version/,
  });
  t.end();
});
