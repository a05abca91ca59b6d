import { DatabaseSync } from 'node:sqlite';

export interface LedgerRow {
  seq: number;
  /** ISO 8601 */
  at: string;
  kind: string;
  kick: string | null;
  problem: string | null;
  /** the spool file of an event */
  source: string | null;
  body: unknown;
}

/** What a judge looks at, read without kicker's own code. */
export interface LedgerFacts {
  /** oldest first */
  rows: LedgerRow[];
  /** service → how many kicks kicker remembers of it */
  counted: Map<string, number>;
  /** kicks that count as under way */
  open: number;
}

export function readLedger(file: string): LedgerFacts {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const rows = database
      .prepare(
        'select seq, at, kind, kick, problem, source, body from entry order by seq',
      )
      .all()
      .map((row) => ({
        ...(row as unknown as LedgerRow),
        body: JSON.parse(String(row['body'])) as unknown,
      }));
    const memory = database
      .prepare(
        "select kind, key, value from memory where kind in ('service', 'fleet')",
      )
      .all()
      .map((row) => ({
        kind: String(row['kind']),
        key: String(row['key']),
        value: JSON.parse(String(row['value'])) as {
          kicks: number[];
          open?: unknown;
        },
      }));
    const fleet = memory.find(({ kind }) => kind === 'fleet')?.value.open;
    return {
      rows,
      counted: new Map(
        memory
          .filter(({ kind }) => kind === 'service')
          .map(({ key, value }) => [key, value.kicks.length]),
      ),
      open: Number(fleet ?? 0),
    };
  } finally {
    database.close();
  }
}

/** Whether nothing is under way: no kick, no problem that waits, nothing to be told. */
export function isAtRest(file: string): boolean {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    return ['open_kick', 'waiting', 'outbox'].every(
      (table) =>
        database.prepare(`select count(*) as n from ${table}`).get()?.['n'] ===
        0,
    );
  } finally {
    database.close();
  }
}
