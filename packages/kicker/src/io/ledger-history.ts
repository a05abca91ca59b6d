import type { SQLInputValue } from 'node:sqlite';
import { spellingsOf } from '../events/name-bytes.ts';
import type { Ledger } from '../ports.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import { storedEntryOf } from './ledger-rows.ts';

/** The reading side of the history, and the one door through which old entries leave it. */
export function createHistory({
  prepare,
  guard,
  transact,
}: LedgerDatabase): Pick<
  Ledger,
  'entriesOf' | 'kickOfRun' | 'history' | 'prune'
> {
  return {
    entriesOf: (by) =>
      guard(() =>
        ('kick' in by
          ? prepare('select * from entry where kick = ? order by seq').all(
              by.kick,
            )
          : prepare('select * from entry where problem = ? order by seq').all(
              by.problem,
            )
        ).map(storedEntryOf),
      ),
    kickOfRun: (run) =>
      guard(() => {
        const row = prepare(
          `select kick from entry where kick is not null and (
             kind = 'reply' and json_extract(body, '$.run.run') = ? or
             kind = 'outcome' and json_extract(body, '$.run') = ?) limit 1`,
        ).get(run, run);
        return row === undefined ? undefined : String(row['kick']);
      }),
    history: (filter, before, most) =>
      guard(() => {
        const wheres = ['seq < ?'];
        const values: SQLInputValue[] = [before];
        const add = (where: string, value: SQLInputValue | undefined): void => {
          if (value === undefined) return;
          wheres.push(where);
          values.push(value);
        };
        const addOneOf = (what: string, found: readonly string[]): void => {
          wheres.push(`${what} in (${found.map(() => '?').join(', ')})`);
          values.push(...found);
        };
        const { host, service, kinds } = filter;
        if (host !== undefined) addOneOf('host', spellingsOf(host));
        if (service !== undefined) {
          addOneOf("json_extract(problem, '$[2]')", spellingsOf(service));
        }
        add('at >= ?', filter.since);
        add('at < ?', filter.until);
        if (kinds !== undefined) addOneOf('kind', kinds);
        return prepare(
          `select * from entry where ${wheres.join(' and ')} order by seq desc limit ?`,
        )
          .all(...values, most)
          .map(storedEntryOf);
      }),
    prune: ({ before, entriesMost, most }) =>
      transact(() => {
        const ends = prepare(
          'select min(seq) as first, max(seq) as last from entry',
        ).get();
        const first = Number(ends?.['first']);
        const last = Number(ends?.['last']);
        if (Number.isNaN(first) || ends?.['first'] === null) return 0;
        // Whatever is under way keeps its whole story.
        const kept = prepare(
          'select min(seq) as seq from entry where kick in (select kick from open_kick)',
        ).get()?.['seq'];
        const tooMany = last - first + 1 - entriesMost;
        const oldest = prepare(
          'select seq, at from entry order by seq limit ?',
        ).all(most);
        let upto = 0;
        for (const row of oldest) {
          const seq = Number(row['seq']);
          const isOld = String(row['at']) < before.toISOString();
          if (!isOld && seq - first >= tooMany) break;
          if (kept !== null && kept !== undefined && seq >= Number(kept)) break;
          upto = seq;
        }
        if (upto === 0) return 0;
        prepare('update pruned set upto = ?').run(upto);
        return Number(
          prepare('delete from entry where seq <= ?').run(upto).changes,
        );
      }),
  };
}
