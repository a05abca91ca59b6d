import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runFlood } from '../test/crash/flood.ts';
import type { Law } from '../test/crash/judge.ts';
import { buildKickd, buildKicker } from '../test/crash/kickd.ts';
import type { KickerLaw } from '../test/crash/kicker-judge.ts';
import { runKickerPoints } from '../test/crash/kicker-points.ts';
import { runOutputs } from '../test/crash/outputs.ts';
import { runPoints, type PointsResult } from '../test/crash/points.ts';
import { runRestarts } from '../test/crash/restarts.ts';
import { playAllSteps } from '../test/crash/steps.ts';
import { runSystemCalls } from '../test/crash/system-calls.ts';

/**
 * `npm run test:crash [-- --points N --seed S --only PART,…]`: kill anything at any instant, and nothing accepted is
 * lost, nothing runs twice, and the outcome is true. Exit 1 where it is not so, with the seed and the
 * story of the point.
 */
const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: '' },
  },
});
const points = Number(values.points);
const seed = Number(values.seed);
const parts = {
  steps,
  flood,
  outputs,
  'system-calls': systemCalls,
  restarts,
  kills: (command: readonly string[]) => kills(command, false),
  'standby-kills': (command: readonly string[]) => kills(command, true),
  'kicker-kills': kickerKills,
};
const chosen = choose(values.only);
const kicksAtOnce = 1000;
const outputMaxBytes = 4 * 1024 * 1024;
/** a hundredth of what was written, and more than the requests that look at the run need */
const grownMostMb = 48;

const dir = mkdtempSync(join(tmpdir(), 'kickd-crash-'));
const told: string[] = [];
const startedMs = performance.now();
let isFailed = false;
try {
  say(`seed ${String(seed)}`);
  const command = await buildKickd(join(dir, 'kickd'));
  for (const part of chosen) await parts[part](command);
} finally {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}
process.exitCode = isFailed ? 1 : 0;
say(told.join('\n'));

async function steps(): Promise<void> {
  const { steps: count, breaches } = await playAllSteps(join(dir, 'steps'), {
    twice: true,
  });
  for (const { blownAt, story } of breaches) fail(blownAt, story);
  close(`steps ${String(count)}, breaches ${String(breaches.length)}`);
}

async function systemCalls(command: readonly string[]): Promise<void> {
  const result = await runSystemCalls(join(dir, 'calls'), command, (n) =>
    progress('system calls', n),
  );
  for (const { blownAt, story } of result.breaches) fail(blownAt, story);
  close(
    result.whyNot === undefined
      ? `system calls ${String(result.points)}, breaches ${String(result.breaches.length)}`
      : `system calls skipped: ${result.whyNot}`,
  );
}

async function flood(command: readonly string[]): Promise<void> {
  const result = await runFlood({
    dir: join(dir, 'flood'),
    command,
    kicks: kicksAtOnce,
  });
  const { accepted, starts, served } = result;
  if (accepted !== kicksAtOnce || served !== kicksAtOnce || starts > 2) {
    fail('the flood', [JSON.stringify(result)]);
  }
  close(
    `kicks at once ${String(kicksAtOnce)}, runs ${String(starts)}, served ${String(served)}`,
  );
}

async function outputs(command: readonly string[]): Promise<void> {
  const results = await runOutputs(join(dir, 'outputs'), command);
  for (const result of results) {
    const { outcome, keptBytes, grownMb } = result;
    const isRight =
      outcome === 'corrected' &&
      keptBytes <= outputMaxBytes &&
      grownMb <= grownMostMb;
    if (!isRight) fail(result.name, [JSON.stringify(result)]);
    close(
      `output of ${result.name}: ${String(outcome)}, kept ${String(keptBytes)} bytes, memory +${String(grownMb)} MB`,
    );
  }
}

async function restarts(command: readonly string[]): Promise<void> {
  let done = 0;
  const result = await runRestarts({
    dir: join(dir, 'restarts'),
    command,
    seed,
    restarts: Math.ceil(points / 2),
    onRestart: () => progress('restarts', ++done, Math.ceil(points / 2)),
  });
  for (const { what, ids } of result.breaches) fail(what, ids);
  if (result.killed > 0) fail('a run was killed', []);
  close(
    `restarts ${String(result.restarts)}, upgrades ${String(result.upgrades)}, runs ${String(result.runs)}, killed ${String(result.killed)}, lost ${String(result.breaches.length)}`,
  );
}

/**
 * Lanes, each with a kickd and a part of the plan of its own: kickd in one process in every other lane, as two
 * processes in those between.
 * @param hasStandby the tool is a Puppet, and a standby of it waits at the start of each life
 */
async function kills(
  command: readonly string[],
  hasStandby: boolean,
): Promise<void> {
  const lanes = Math.max(2, Math.min(availableParallelism(), 4));
  const share = Math.ceil(points / lanes);
  let done = 0;
  const results = await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      runPoints({
        dir: join(dir, `${hasStandby ? 'standby-' : ''}lane-${String(lane)}`),
        command,
        seed,
        first: lane * share,
        points: Math.max(0, Math.min(share, points - lane * share)),
        isSplit: lane % 2 === 1,
        hasStandby,
        onPoint: () => progress('points', ++done, points),
      }),
    ),
  );
  for (const { breaches, story } of results) {
    for (const { what, ids } of breaches) fail(what, ids);
    if (story.length > 0) say(story.join('\n'));
  }
  const sum = (of: (result: PointsResult) => number): string =>
    String(results.reduce((total, result) => total + of(result), 0));
  const broken = (law: Law): string =>
    sum(({ breaches }) => breaches.filter((one) => one.law === law).length);
  close(
    `kicks ${sum(({ kicks }) => kicks)}, runs started ${sum(({ starts }) => starts)}${hasStandby ? `, of them by a standby ${sum(({ handedOver }) => handedOver)}` : ''}`,
  );
  close(
    `points ${sum((result) => result.points)}, lost ${broken('lost')}, doubled ${broken('doubled')}, overlapped ${broken('overlapped')}, untrue ${broken('untrue')}`,
  );
}

/** A life of kicker takes seconds, not milliseconds: a quarter of the points. */
async function kickerKills(kickd: readonly string[]): Promise<void> {
  const wanted = Math.ceil(points / 4);
  let done = 0;
  const result = await runKickerPoints({
    dir: join(dir, 'kicker-site'),
    kicker: await buildKicker(join(dir, 'kicker')),
    kickd,
    seed,
    points: wanted,
    onPoint: () => progress('kicker points', ++done, wanted),
  });
  for (const { law, what } of result.breaches) fail(`kicker: ${law}`, [what]);
  const broken = (law: KickerLaw): string =>
    String(result.breaches.filter((one) => one.law === law).length);
  close(
    `kicker points ${String(result.points)}, events ${String(result.events)}, kicks ${String(result.kicks)}, lost ${broken('lost')}, doubled ${broken('doubled')}, forgotten ${broken('forgotten')}, out of order ${broken('out of order')}`,
  );
  close(
    `kickers two at a time ${String(result.pairs)}, ${result.whyNotApart === undefined ? 'in two PID namespaces' : `in one PID namespace: ${result.whyNotApart}`}, commands to Nagios ${String(result.commands)}`,
  );
}

function choose(only: string): (keyof typeof parts)[] {
  const names = Object.keys(parts) as (keyof typeof parts)[];
  const wanted = only === '' ? names : only.split(',');
  const unknown = wanted.find((name) => !Object.hasOwn(parts, name));
  if (unknown === undefined) return names.filter((n) => wanted.includes(n));
  process.stderr.write(
    `test:crash: no part ${unknown}; there are ${names.join(', ')}\n`,
  );
  process.exit(2);
}

function fail(what: string, story: readonly string[]): void {
  isFailed = true;
  say([`FAILED, seed ${String(seed)}: ${what}`, ...story].join('\n  '));
}

/** Told now, and again at the end. */
function close(line: string): void {
  told.push(line);
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  say(`${line}  (after ${String(seconds)} s)`);
}

function progress(what: string, done: number, all?: number): void {
  if (!process.stdout.isTTY) return;
  const of = all === undefined ? '' : ` of ${String(all)}`;
  process.stdout.write(`\r\x1b[K${what} ${String(done)}${of}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
