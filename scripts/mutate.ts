import { globSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';

/**
 * `npm run mutate [-- ROOM …]`: changes one token after the other in the rooms that must not be wrong, and looks whether a
 * test notices. Takes minutes to hours a room. Exit 1 where a room has fewer than 90 % noticed; the survivors are listed,
 * each with its place.
 */
interface Room {
  /** what is changed */
  source: string;
  /** the tests that are to notice, the quick ones first */
  tests: readonly string[];
}

const kicker = 'packages/kicker';
const agent = 'packages/agent';
const rooms: Readonly<Record<string, Room>> = {
  decide: {
    source: `${kicker}/src/decide`,
    tests: [`${kicker}/test/decide/*.test.ts`],
  },
  kicks: {
    source: `${kicker}/src/kicks`,
    tests: [`${kicker}/test/kicks/*.test.ts`],
  },
  outbox: {
    source: `${kicker}/src/outbox`,
    tests: [
      `${kicker}/test/outbox/*.test.ts`,
      `${kicker}/test/kicks/*.test.ts`,
    ],
  },
  acl: { source: `${agent}/src/acl`, tests: [`${agent}/test/acl/*.test.ts`] },
  run: { source: `${agent}/src/run`, tests: [`${agent}/test/run/*.test.ts`] },
  mtls: {
    source: 'packages/mtls/src',
    tests: ['packages/mtls/test/*.test.ts'],
  },
};
const goalPercent = 90;

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(rooms, name));
if (unknown !== undefined) {
  process.stderr.write(
    `mutate: no room ${unknown}: type npm run mutate -- ${Object.keys(rooms).join(' ')}\n`,
  );
  process.exit(2);
}
const reports = join(import.meta.dirname, '../reports/mutation');
mkdirSync(reports, { recursive: true });
const failed: string[] = [];
for (const [name, room] of Object.entries(rooms)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const percent = await mutate(name, room);
  if (percent < goalPercent) failed.push(`${name} ${percent.toFixed(1)} %`);
}
if (failed.length > 0) {
  process.stderr.write(
    `mutate: fewer than ${String(goalPercent)} % noticed: ${failed.join(', ')}\n`,
  );
  process.exitCode = 1;
}

/** @returns how many of the changes were noticed, in percent */
async function mutate(name: string, room: Room): Promise<number> {
  const json = join(reports, `${name}.json`);
  const stryker = new Stryker({
    mutate: globSync(`${room.source}/**/*.ts`),
    testRunner: 'own-test-first',
    plugins: [
      // for its own settings below, and what asks it
      '@stryker-mutator/tap-runner',
      join(import.meta.dirname, 'mutate/own-test-first.ts'),
    ],
    tap: { testFiles: room.tests.flatMap((glob) => globSync(glob).toSorted()) },
    coverageAnalysis: 'perTest',
    // A text for a person may change; what it says is in the tests of its view.
    mutator: { excludedMutations: ['StringLiteral'] },
    ignorePatterns: ['/reports', '/dist', '.tap'],
    concurrency: availableParallelism(),
    timeoutMS: 20_000,
    tempDirName: join(reports, 'work'),
    reporters: ['json'],
    jsonReporter: { fileName: json },
    incremental: true,
    incrementalFile: join(reports, `${name}-before.json`),
    // The node of this project reads its sources as they are.
    tsconfigFile: 'none.json',
    warnings: false,
    allowConsoleColors: false,
  });
  const results = await stryker.runMutationTest();
  let noticed = 0;
  const survivors: string[] = [];
  for (const result of results) {
    switch (result.status) {
      case 'Killed':
      case 'Timeout':
      case 'RuntimeError':
        noticed += 1;
        break;
      case 'Survived':
      case 'NoCoverage': {
        const { fileName, location, replacement = '' } = result;
        survivors.push(
          `${relative(process.cwd(), fileName)}:${String(location.start.line)}: ${result.mutatorName}: ${replacement.replaceAll(/\s+/g, ' ').slice(0, 80)}`,
        );
        break;
      }
      case 'CompileError':
      case 'Ignored':
      case 'Pending':
        break;
    }
  }
  const all = noticed + survivors.length;
  const percent = all === 0 ? 0 : (noticed * 100) / all;
  process.stdout.write(
    `${survivors.map((line) => `${line}\n`).join('')}${name}: ${String(noticed)} of ${String(all)} noticed, ${percent.toFixed(1)} %\n`,
  );
  return percent;
}
