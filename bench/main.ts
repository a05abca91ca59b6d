import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dist } from './bench-site.ts';
import { benchAcl } from './acl.ts';
import { benchBacktest } from './backtest.ts';
import { benchCmRun } from './cm-run.ts';
import { benchDecide } from './decide.ts';
import { benchHandOff } from './hand-off.ts';
import { benchHostile } from './hostile.ts';
import { benchJournal } from './journal.ts';
import { benchMemory } from './memory.ts';
import { benchAlertmanager } from './monitor-alertmanager.ts';
import { benchIcinga2 } from './monitor-icinga2.ts';
import { benchZabbix } from './monitor-zabbix.ts';
import { benchNothing, benchOneShot } from './one-shot.ts';
import { benchOwnShare } from './own-share.ts';
import { benchReports } from './report-size.ts';
import { isReached, lineOf, type Row } from './row.ts';
import { benchStandbyHeal } from './standby-heal.ts';

/** `npm run bench [-- --quick] [--json] [--strict] [--monitors]`: ratios against a peer in the same run. */
const {
  values: { quick = false, json = false, strict = false, monitors = false },
} = parseArgs({
  options: {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    strict: { type: 'boolean' },
    monitors: { type: 'boolean' },
  },
});

if (existsSync(join(dist, 'bin', 'kicker'))) {
  process.exitCode = await benchAll();
} else {
  process.stderr.write('bench: nothing is built; run: npm run build\n');
  process.exitCode = 2;
}

async function benchAll(): Promise<number> {
  const rows: Row[] = [];
  const tell = (more: readonly Row[]): void => {
    rows.push(...more);
    if (!json) for (const row of more) process.stdout.write(`${lineOf(row)}\n`);
  };
  if (!monitors) await benchPrograms(tell);
  // Some minutes for each, most of them waiting.
  const loops = quick ? 2 : 6;
  tell(await benchStandbyHeal(quick ? 2 : 5));
  tell(await benchIcinga2(loops));
  tell(await benchAlertmanager(loops));
  tell(await benchZabbix(quick ? 1 : 5));
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ node: process.version, rows: rows.map((row) => ({ ...row, isReached: isReached(row) })) })}\n`,
    );
  }
  return strict && rows.some((row) => isReached(row) === false) ? 1 : 0;
}

async function benchPrograms(
  tell: (more: readonly Row[]) => void,
): Promise<void> {
  const processes = quick ? 10 : 30;
  tell(await benchNothing(processes));
  tell(await benchOneShot('ec', processes));
  tell(await benchOneShot('rsa', processes));
  tell(await benchHandOff('ec', processes));
  tell(await benchHandOff('rsa', processes));
  tell(await benchHostile(quick ? 1 : 3));
  tell(await benchCmRun(quick ? 3 : 10));
  tell(await benchOwnShare(quick ? 5 : 20));
  tell(await benchReports(quick ? 1 : 5));
  tell(await benchJournal(quick ? 10_000 : 100_000));
  tell(await benchMemory(quick ? 500 : 10_000));
  tell(benchAcl(quick ? 3 : 10));
  tell(benchDecide(quick ? 100_000 : 1_000_000));
  tell(await benchBacktest(quick ? 4_000_000 : 10_000_000, quick ? 1 : 3));
}
