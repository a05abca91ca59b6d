import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createChildLauncher } from '../../src/io/child-launcher.ts';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import { bareOutcome } from '../../src/run/outcome.ts';
import type { Told } from '../../src/told.ts';
import { createFakeRunner } from '../run/fake-runner.ts';

/**
 * A runner whose tool leaves a report, and who meets its end at the first piece of it: `killed` as by the kernel,
 * `closed` as by an operator who restarts it, `none` not at all. Started again it finds its open run. Prints how the
 * run ended.
 */
const [dir = '', fate = 'none'] = process.argv.slice(2);
const report = join(dir, 'report');
writeFileSync(report, 'x'.repeat(200_000));
const told: Told[] = [];
let pieces = 0;
const journal = openSqliteJournal(join(dir, 'journal.sqlite'));
const runner = createFakeRunner({
  dir,
  journal,
  launcher: createChildLauncher(),
  told,
  change: (profile) => ({
    ...profile,
    command: () => ({ file: '/bin/true', argv: [], env: {} }),
    streamed: () => ({
      file: report,
      take: () => {
        pieces += 1;
        if (fate === 'killed') process.kill(process.pid, 'SIGKILL');
        if (fate === 'closed' && pieces === 1) void runner.close();
      },
      outcome: (_end, _evidence, state) =>
        state.kind === 'read'
          ? bareOutcome('unchanged')
          : bareOutcome('failed', state.kind),
    }),
  }),
});
const open = journal.openRuns()[0]?.run.run;
runner.recover();
const run =
  open ??
  (await runner.submit(
    {
      kick: '0193a000-0000-7000-8000-000000000001',
      certname: 'web1.example.com',
    },
    'monitor.example.com',
  ));
if (fate !== 'closed') {
  const id =
    typeof run === 'string' ? run : run.kind === 'accepted' ? run.run.run : '';
  const ended = await runner.waitForEnd(id, new AbortController().signal);
  process.stdout.write(JSON.stringify({ ...ended?.outcome, pieces }));
  await runner.close();
}
