/**
 * `npm run test:real`: the loop with the real Nagios, Puppet and Apache of Debian 12.
 *
 * Needs root and the packages of test/real/lab/packages.ts. Where something is missing it says
 * what to type and skips, loudly; with CI=true a skip is a failure, since nobody reads a log
 * that is green. `--install` installs the packages first.
 */
import { globSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { whyNoBox } from '../test/real/lab/box.ts';
import { fetchNewerAnsible } from '../test/real/lab/newer-ansible.ts';
import {
  installPackages,
  missingPackages,
  whyNoLab,
} from '../test/real/lab/packages.ts';

const testTimeoutSeconds = 15 * 60;
const options = [
  `--timeout=${String(testTimeoutSeconds)}`,
  '--jobs=1',
  '--reporter=tap',
];
const root = fileURLToPath(new URL('..', import.meta.url));
const boxTests = [
  'test/real/standby-systemd.test.ts',
  'test/real/idle-listener.test.ts',
  'test/real/systemd.test.ts',
  'test/real/halves.test.ts',
  'test/real/packages.test.ts',
  'test/real/puppet-module.test.ts',
];

const obstacle = await findObstacle(process.argv.includes('--install'));
if (obstacle === undefined) {
  process.exitCode = await testAll();
} else {
  process.stderr.write(`\nSKIPPED: npm run test:real\n  ${obstacle}\n\n`);
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0;
}

/** Real parts have moods on a busy machine: what fails is run once more, alone, and both results are printed. */
async function testAll(): Promise<number> {
  // without it the first run of a checkout loads the plugins that .taprc takes away
  const built = await runTap('build');
  if (built.exitCode !== 0) return built.exitCode;
  const first = await runTap(...options, ...(await findTests()));
  if (first.exitCode === 0 || first.failed.length === 0) return first.exitCode;
  const again: Tap[] = [];
  for (const file of first.failed) {
    process.stdout.write(`\nonce more, alone: ${file}\n`);
    const second = await runTap(...options, file);
    again.push(second);
    const word = second.exitCode === 0 ? 'flaky' : 'failed twice';
    process.stdout.write(`${word}: ${file}\n`);
  }
  const failures = again.reduce((sum, { fail }) => sum + fail, 0);
  const { total, pass, skip } = first;
  // the last line that counts, for whoever reads the sums
  process.stdout.write(
    `# { total: ${String(total)}, pass: ${String(pass)}, fail: ${String(failures)}, skip: ${String(skip)} }\n`,
  );
  return Math.max(...again.map(({ exitCode }) => exitCode));
}

async function findObstacle(mayInstall: boolean): Promise<string | undefined> {
  const unfit = whyNoLab();
  if (unfit !== undefined) return unfit;
  if (mayInstall) {
    await installPackages();
    await fetchNewerAnsible().catch((error: unknown) => {
      process.stderr.write(
        `\nNOT FETCHED: a newer Ansible\n  ${String(error)}\n\n`,
      );
    });
  }
  const missing = await missingPackages();
  return missing.length === 0
    ? undefined
    : `missing packages; run: apt-get install --no-install-recommends ${missing.join(' ')}`;
}

/** Not every machine can hold a container: without one the rest is tested all the same. */
async function findTests(): Promise<string[]> {
  const tests = globSync('test/real/*.test.ts', { cwd: root }).toSorted();
  const noBox = await whyNoBox();
  if (noBox === undefined) return tests;
  process.stderr.write(`\nSKIPPED: ${boxTests.join(', ')}\n  ${noBox}\n\n`);
  return tests.filter((file) => !boxTests.includes(file));
}

interface Tap {
  exitCode: number;
  /** test files that failed */
  failed: string[];
  total: number;
  pass: number;
  fail: number;
  skip: number;
}

async function runTap(...args: string[]): Promise<Tap> {
  const tap = execa(process.execPath, ['node_modules/.bin/tap', ...args], {
    cwd: root,
    stdin: 'inherit',
    stderr: 'inherit',
    buffer: false,
    reject: false,
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: tap.stdout })) {
    process.stdout.write(`${line}\n`);
    if (/^(?:not ok|# \{ total: )/.test(line)) lines.push(line);
  }
  const { exitCode } = await tap;
  const sums = lines.findLast((line) => line.startsWith('# {')) ?? '';
  const sum = (name: string): number =>
    Number(new RegExp(`${name}: (\\d+)`).exec(sums)?.[1] ?? 0);
  return {
    exitCode: exitCode ?? 1,
    failed: lines.flatMap(
      (line) =>
        /^not ok \d+ - (test\/real\/\S+\.test\.ts)/.exec(line)?.[1] ?? [],
    ),
    total: sum('total'),
    pass: sum('pass'),
    fail: sum('fail'),
    skip: sum('skip'),
  };
}
