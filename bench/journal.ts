import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createUuid7 } from '@kickd/protocol';
import { openSqliteJournal } from '../packages/agent/src/io/sqlite-journal.ts';
import {
  endedRun,
  queuedRun,
  withKick,
} from '../packages/agent/src/run/run.ts';
import { bareOutcome } from '../packages/agent/src/run/outcome.ts';
import { interleave } from './measure.ts';
import { compare, type Row } from './row.ts';

/**
 * How long kickd's journal takes to open with many records in it, each checked, beside SQLite that checks its pages and
 * nothing else.
 */
export async function benchJournal(records: number): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-bench-'));
  try {
    const file = join(dir, 'journal.sqlite');
    fill(file, records);
    const timed = (work: () => void) => (): Promise<number> => {
      const startedMs = performance.now();
      work();
      return Promise.resolve(performance.now() - startedMs);
    };
    const [ours = [], bare = []] = await interleave(
      [
        timed(() => openSqliteJournal(file).close()),
        timed(() => {
          const db = new DatabaseSync(file, { readOnly: true });
          db.prepare('PRAGMA integrity_check(1)').get();
          db.close();
        }),
      ],
      { rounds: 5, warmUps: 1 },
    );
    const name = `journal opened, ${records.toLocaleString('en')} runs in it`;
    const goal = { what: 'ours', most: 1000 } as const;
    return [
      compare({ name, unit: 'ms', goal }, ours, {
        name: 'bare integrity_check',
        samples: bare,
      }),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Each record is on disk before the next one is taken, so they are written where a disk costs nothing. */
function fill(file: string, records: number): void {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const dir = mkdtempSync(join(memory, 'kickd-bench-'));
  try {
    const draft = join(dir, 'journal.sqlite');
    const journal = openSqliteJournal(draft);
    const startMs = Date.parse('2026-01-01');
    for (let n = 0; n < records; n += 1) {
      const now = new Date(startMs + n * 1000);
      const kick = createUuid7(now.getTime(), Uint8Array.from(bytesOf(n)));
      const certname = 'web1.example.com';
      const scope = { cm: 'puppet-agent', noop: false };
      const asked = { kick, certname };
      const by = 'monitor.example.com';
      const queued = queuedRun(kick, certname, scope, now);
      const run = withKick(queued, asked, by, 'started', scope, now);
      const outcome = bareOutcome('refused', 'expired', 'it took too long');
      const body = JSON.stringify(asked);
      journal.accept(
        { kick, run: kick, by, body },
        endedRun(run, outcome, now),
      );
    }
    journal.close();
    copyFileSync(draft, file);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function bytesOf(n: number): number[] {
  return Array.from({ length: 10 }, (_, byte) => (n >> (8 * (byte % 4))) & 255);
}
