/**
 * `npm run test:real`: the loop with the real Nagios, Puppet and Apache of Debian 12.
 *
 * Needs root and the packages of test/real/lab/packages.ts. Where something is missing it says
 * what to type and skips, loudly; with CI=true a skip is a failure, since nobody reads a log
 * that is green. `--install` installs the packages first.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  installPackages,
  missingPackages,
  whyNoLab,
} from '../test/real/lab/packages.ts';

const testTimeoutSeconds = 15 * 60;

const obstacle = await findObstacle(process.argv.includes('--install'));
if (obstacle === undefined) {
  // without it the first run of a checkout loads the plugins that .taprc takes away
  const built = await runTap('build');
  process.exitCode =
    built === 0
      ? await runTap(
          `--timeout=${testTimeoutSeconds}`,
          '--jobs=1',
          'test/real/*.test.ts',
        )
      : built;
} else {
  process.stderr.write(`\nSKIPPED: npm run test:real\n  ${obstacle}\n\n`);
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0;
}

async function findObstacle(mayInstall: boolean): Promise<string | undefined> {
  const unfit = whyNoLab();
  if (unfit !== undefined) return unfit;
  if (mayInstall) await installPackages();
  const missing = await missingPackages();
  return missing.length === 0
    ? undefined
    : `missing packages; type: apt-get install --no-install-recommends ${missing.join(' ')}`;
}

function runTap(...args: string[]): Promise<number> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const tap = spawn(process.execPath, ['node_modules/.bin/tap', ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    tap.on('error', reject);
    tap.on('close', (exitCode) => resolve(exitCode ?? 1));
  });
}
