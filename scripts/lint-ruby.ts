import { globSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';

/**
 * `npm run lint:ruby`: the program that a standby is, read by Ruby itself and by rubocop. Where they are not installed it says
 * what to type and skips, loudly; with CI=true a skip is a failure, since nobody reads a log that is green.
 */
const folder = join(import.meta.dirname, '..', 'packages/agent/puppet');
const files = globSync('**/*.rb', { cwd: folder }).toSorted();

const missing = ['ruby', 'rubocop'].filter(
  (program) => run(program, '--version').exitCode !== 0,
);
if (missing.length > 0) {
  process.stderr.write(
    `SKIPPED: npm run lint:ruby needs ${missing.join(' and ')}; run: apt-get install --no-install-recommends ${missing.join(' ')}\n`,
  );
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0;
} else if (!(warnsOfNothing() && pleasesRubocop())) {
  process.exitCode = 1;
}

/** `ruby -wc` says `Syntax OK` of each file; a warning is one line more, and no failure of its own. */
function warnsOfNothing(): boolean {
  const said = files.map((file) => run('ruby', '-wc', file).all.trim());
  const wrong = said.filter((words) => words !== 'Syntax OK');
  for (const words of wrong) process.stderr.write(`${words}\n`);
  return files.length > 0 && wrong.length === 0;
}

function pleasesRubocop(): boolean {
  const { exitCode, all } = run('rubocop', '--cache', 'false');
  process.stdout.write(`${all}\n`);
  return exitCode === 0;
}

function run(program: string, ...args: string[]) {
  return execaSync(program, args, { cwd: folder, all: true, reject: false });
}
