/**
 * `npm run test:real`: the loop with the real Nagios, Puppet and Apache of Debian 12.
 *
 * Needs root and the packages of test/real/lab/packages.ts. Where something is missing it says
 * what to type and skips, loudly; with CI=true a skip is a failure, since nobody reads a log
 * that is green. `--install` installs the packages first.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { whyNoBox } from '../test/real/lab/box.ts';
import {
  installPackages,
  missingPackages,
  whyNoLab,
} from '../test/real/lab/packages.ts';

const testTimeoutSeconds = 15 * 60;
const root = fileURLToPath(new URL('..', import.meta.url));
const boxTests = [
  'test/real/systemd.test.ts',
  'test/real/halves.test.ts',
  'test/real/packages.test.ts',
  'test/real/puppet-module.test.ts',
];

const obstacle = await findObstacle(process.argv.includes('--install'));
if (obstacle === undefined) {
  // without it the first run of a checkout loads the plugins that .taprc takes away
  const built = await runTap('build');
  process.exitCode =
    built === 0
      ? await runTap(
          `--timeout=${testTimeoutSeconds}`,
          '--jobs=1',
          ...(await findTests()),
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

/** Not every machine can hold a container: without one the rest is tested all the same. */
async function findTests(): Promise<string[]> {
  const tests = globSync('test/real/*.test.ts', { cwd: root }).toSorted();
  const noBox = await whyNoBox();
  if (noBox === undefined) return tests;
  process.stderr.write(`\nSKIPPED: ${boxTests.join(', ')}\n  ${noBox}\n\n`);
  return tests.filter((file) => !boxTests.includes(file));
}

function runTap(...args: string[]): Promise<number> {
  const tap = spawn(process.execPath, ['node_modules/.bin/tap', ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    tap.on('error', reject);
    tap.on('close', (exitCode) => resolve(exitCode ?? 1));
  });
}
