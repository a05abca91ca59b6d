import { setTimeout as sleep } from 'node:timers/promises';
import { Caller } from './caller.ts';
import { entriesAbout, entryInWords } from './history.ts';
import { judge, type Breach } from './judge.ts';
import { startKickd, type Kickd } from './kickd.ts';
import { planPoint, type PointPlan } from './plan.ts';
import { createSite, type Site } from './site.ts';

export interface PointsOptions {
  /** an empty directory */
  dir: string;
  /** what starts kickd */
  command: readonly string[];
  seed: number;
  /** which points of the plan: first, and how many */
  first: number;
  points: number;
  onPoint(): void;
}

export interface PointsResult {
  points: number;
  breaches: Breach[];
  /** what led to the first breach, in lines for a person */
  story: string[];
  kicks: number;
  starts: number;
}

/** So many points are judged at once: outcomes may come several deaths after their kick. */
const batch = 20;

/** Kills kickd at random instants under load, and judges what callers and tool then know. */
export async function runPoints(options: PointsOptions): Promise<PointsResult> {
  const { dir, command, seed, first, points, onPoint } = options;
  const site = createSite(dir);
  const caller = new Caller(site);
  const result: PointsResult = {
    points: 0,
    breaches: [],
    story: [],
    kicks: 0,
    starts: 0,
  };
  let judged = 0;
  while (result.points < points && result.breaches.length === 0) {
    const end = Math.min(points, result.points + batch);
    for (; result.points < end; result.points++) {
      const plan = planPoint(seed, first + result.points);
      await livePoint(plan, site, caller, command);
      onPoint();
    }
    const kickd = await rest(site, caller, command, first + result.points);
    const lines = site.tool.lines().slice(judged);
    judged += lines.length;
    result.kicks += new Set(
      caller.history.flatMap((e) => (e.kind === 'accepted' ? [e.kick] : [])),
    ).size;
    result.starts += lines.filter(({ what }) => what === 'start').length;
    result.breaches = judge(caller.history, lines);
    const ids = result.breaches[0]?.ids ?? [];
    if (result.breaches.length > 0) {
      result.story = [
        ...entriesAbout(caller.history, ids).map(entryInWords),
        ...lines
          .filter(({ run }) => ids.includes(run))
          .map((line) => `       tool      ${JSON.stringify(line)}`),
        kickd.said(),
      ];
    }
    caller.forget();
  }
  return result;
}

/** One life of kickd under load, and its death. */
async function livePoint(
  plan: PointPlan,
  site: Site,
  caller: Caller,
  command: readonly string[],
): Promise<void> {
  const { point, tool } = plan;
  site.tool.plan(tool.seconds, tool.exitCode);
  const startedMs = performance.now();
  const kickd = startKickd(command, site.configFile);
  const early =
    plan.since === 'start'
      ? sleep(plan.killAfterMs).then(() => kill(plan, site, kickd))
      : undefined;
  const port = await kickd.port;
  if (port !== undefined) {
    caller.meet(port, point, Math.round(performance.now() - startedMs));
    const load = [
      caller.askAgain(),
      ...plan.kicks.map(({ afterMs, kick }) =>
        sleep(afterMs).then(() => caller.kick(kick)),
      ),
    ];
    if (plan.cancelAfterMs !== undefined) {
      load.push(sleep(plan.cancelAfterMs).then(() => caller.cancelLast()));
    }
    if (early === undefined) {
      await sleep(plan.killAfterMs);
      await kill(plan, site, kickd);
    }
    await Promise.all(load);
  } else if (early === undefined) {
    throw new Error(`kickd did not start again:\n${kickd.said()}`);
  }
  await early;
  caller.noteKill(
    point,
    plan.target,
    Math.round(performance.now() - startedMs),
  );
}

async function kill(plan: PointPlan, site: Site, kickd: Kickd): Promise<void> {
  if (plan.target === 'the tool, then kickd') await site.tool.killAll();
  kickd.kill('SIGKILL');
  await kickd.ended;
  if (plan.target === 'kickd, then the tool') await site.tool.killAll();
}

/** A life without a death in its midst: every kick gets its answer and every run its outcome. */
async function rest(
  site: Site,
  caller: Caller,
  command: readonly string[],
  point: number,
): Promise<Kickd> {
  const kickd = startKickd(command, site.configFile);
  const port = await kickd.port;
  if (port === undefined) {
    throw new Error(`kickd did not start again:\n${kickd.said()}`);
  }
  caller.meet(port, point, 0);
  await caller.settle();
  kickd.kill('SIGTERM');
  await kickd.ended;
  return kickd;
}
