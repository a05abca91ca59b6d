import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { openSqliteJournal } from '../../packages/agent/src/io/sqlite-journal.ts';
import { queuedRun, startedRun } from '../../packages/agent/src/run/run.ts';
import { kicks } from './bodies.ts';
import { mutationsOf } from './mutations.ts';
import { expectTrue, type Target } from './target.ts';

const runId = '0193a000-0000-7000-8000-00000000abcd';
const kickId = '0193a000-0000-7000-8000-00000000abce';
const at = new Date(0);
const scope = { cm: 'tool', noop: false };
const queued = queuedRun(runId, 'web1.example.com', scope, at);
const running = startedRun(queued, at);
const kick = { kick: kickId, run: runId, by: 'monitor.example.com', body: '' };
const child = { pid: 4711, startTicks: '12345', bootId: 'boot' };

/** A journal with one run and one kick, and what stands in it. */
function whole(file: string): Buffer {
  const journal = openSqliteJournal(file);
  journal.accept({ ...kick, body: kicks[1] ?? '' }, queued);
  journal.start(running, 'boot', child);
  journal.close();
  return readFileSync(file);
}

/** Opens what was damaged: refused with its code, or nothing in it is another than was written. */
function expectRefusedOrTrue(file: string): void {
  let journal: ReturnType<typeof openSqliteJournal>;
  try {
    journal = openSqliteJournal(file);
  } catch (error) {
    const { code } = error as { code?: unknown };
    expectTrue(code === 'JOURNAL_UNUSABLE', String(error));
    return;
  }
  try {
    const [open] = journal.openRuns();
    const isTrue =
      open === undefined ||
      isDeepStrictEqual(open, { run: running, bootId: 'boot', child });
    expectTrue(isTrue, `believed: ${JSON.stringify(open)}`);
  } finally {
    journal.close();
  }
}

/** A journal of which bytes were changed, and one of which a row was. */
export function createJournals(): Target[] {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-fuzz-'));
  const bytes = whole(join(dir, 'whole.sqlite'));
  const file = join(dir, 'journal.sqlite');
  const close = async (): Promise<void> =>
    rmSync(dir, { recursive: true, force: true });
  const fresh = (content: Uint8Array): void => {
    for (const end of ['', '-wal', '-shm', '-journal'])
      rmSync(`${file}${end}`, { force: true });
    writeFileSync(file, content);
  };
  return [
    {
      name: "journal's bytes",
      inputs: mutationsOf([bytes]),
      batch: 10,
      play: (input) => {
        fresh(input);
        expectRefusedOrTrue(file);
      },
      close,
    },
    {
      name: "journal's rows",
      inputs: mutationsOf(
        [JSON.stringify(running)],
        ['"state":"ended"', '"kicks":[', '"outcome":{'],
      ),
      batch: 10,
      play: (input) => {
        fresh(bytes);
        const text = Buffer.from(input).toString('utf8');
        const db = new DatabaseSync(file);
        db.prepare('UPDATE run SET body = ?').run(text);
        db.close();
        expectRefusedOrTrue(file);
      },
    },
  ];
}
