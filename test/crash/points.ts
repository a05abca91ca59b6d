import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProfiles } from '../../packages/agent/src/cm/profiles.ts';
import { createChildLauncher } from '../../packages/agent/src/io/child-launcher.ts';
import { loadSettings } from '../../packages/agent/src/io/load-settings.ts';
import { createStandbyKeeper } from '../../packages/agent/src/io/standby-keeper.ts';
import { Caller } from './caller.ts';
import { entriesAbout, entryInWords } from './history.ts';
import { judge, type Breach } from './judge.ts';
import { startHalves, startWhole, type Life } from './life.ts';
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
  /** kickd is two processes, each of which may die alone */
  isSplit: boolean;
  /** the tool is a Puppet, and a standby of it waits at the start of each life */
  hasStandby?: boolean;
  onPoint(): void;
}

export interface PointsResult {
  points: number;
  breaches: Breach[];
  /** what led to the first breach, in lines for a person */
  story: string[];
  kicks: number;
  starts: number;
  /** runs that a standby took */
  handedOver: number;
}

/** So many points are judged at once: outcomes may come several deaths after their kick. */
const batch = 20;

/** Kills kickd at random instants under load, and judges what callers and tool then know. */
export async function runPoints(options: PointsOptions): Promise<PointsResult> {
  const { dir, command, seed, first, points, isSplit, onPoint } = options;
  const site = createSite(dir, options.hasStandby ? 'standby' : 'command');
  // a path of a socket is short: 107 bytes
  const run = mkdtempSync(join(tmpdir(), 'kickd-'));
  const start = (): Life =>
    isSplit
      ? startHalves(command, site.configFile, join(run, 'runner.sock'))
      : startWhole(command, site.configFile);
  const caller = new Caller(site);
  const result: PointsResult = {
    points: 0,
    breaches: [],
    story: [],
    kicks: 0,
    starts: 0,
    handedOver: 0,
  };
  const standbys = options.hasStandby
    ? await keepStandbys(site, isSplit ? run : site.stateDir, command)
    : undefined;
  const taken = (): string[] =>
    (site.standby?.taken() ?? []).map((order) => order.run);
  let judged = 0;
  while (result.points < points && result.breaches.length === 0) {
    const end = Math.min(points, result.points + batch);
    for (; result.points < end; result.points++) {
      const plan = planPoint(seed, first + result.points);
      await standbys?.ready();
      await livePoint(plan, site, caller, start());
      onPoint();
    }
    const kickd = start();
    await rest(kickd, caller, first + result.points);
    const lines = site.tool.lines().slice(judged);
    judged += lines.length;
    result.kicks += new Set(
      caller.history.flatMap((e) => (e.kind === 'accepted' ? [e.kick] : [])),
    ).size;
    result.starts += lines.filter(({ what }) => what === 'start').length;
    result.breaches = judge(caller.history, lines, new Set(taken()));
    result.handedOver = taken().length;
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
  await standbys?.close();
  rmSync(run, { recursive: true });
  return result;
}

/** A standby for each life: kickd itself would load one a second after a run, and no life here is that long. */
async function keepStandbys(
  site: Site,
  parent: string,
  command: readonly string[],
): Promise<{ ready(): Promise<void>; close(): Promise<void> }> {
  const loaded = await loadSettings(site.configFile);
  if (loaded.kind === 'faults') throw new Error('the configuration is right');
  const { settings } = loaded;
  const plan = createProfiles(settings, {
    puppetBinary: undefined,
    home: userInfo().homedir,
    // as the built kickd finds it beside itself
    standbyProgram: () => ({
      ruby: join(dirname(site.configFile), 'ruby'),
      program: join(dirname(command.at(-1) ?? ''), 'puppet/kickd_standby.rb'),
    }),
  }).get(settings.cm.default)?.standby;
  if (plan === undefined) throw new Error('the profile has a standby');
  const logDir = join(settings.state, 'runs');
  mkdirSync(logDir, { recursive: true });
  const keeper = createStandbyKeeper(
    { dir: join(parent, 'standby'), logDir, outlive: false },
    createChildLauncher(),
  );
  return {
    ready: async () => {
      await keeper.keep([plan]);
      for (let look = 0; look < 100; look += 1) {
        const asked = await keeper.ask(plan);
        if (asked.kind === 'ready') return asked.standby.release();
        await sleep(20);
      }
    },
    close: () => keeper.close(),
  };
}

/** One life of kickd under load, and its death. */
async function livePoint(
  plan: PointPlan,
  site: Site,
  caller: Caller,
  kickd: Life,
): Promise<void> {
  const { point, tool } = plan;
  site.tool.plan(tool.seconds, tool.exitCode);
  const startedMs = performance.now();
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
      await stumble(plan, kickd, caller);
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

/** One of the halves dies alone; the other goes on with the next one. */
async function stumble(
  { point, stumble }: PointPlan,
  kickd: Life,
  caller: Caller,
): Promise<void> {
  if (stumble === undefined || kickd.stumble === undefined) return;
  await sleep(stumble.afterMs);
  await kickd.stumble(stumble.half);
  caller.noteKill(point, stumble.half, stumble.afterMs);
  const port = await kickd.port;
  if (port === undefined) {
    throw new Error(`kickd did not start again:\n${kickd.said()}`);
  }
  caller.meet(port, point, stumble.afterMs);
  await caller.askAgain();
}

async function kill(plan: PointPlan, site: Site, kickd: Life): Promise<void> {
  if (plan.target === 'the tool, then kickd') await site.tool.killAll();
  await kickd.end('SIGKILL');
  if (plan.target === 'kickd, then the tool') await site.tool.killAll();
}

/** A life without a death in its midst: every kick gets its answer and every run its outcome. */
async function rest(kickd: Life, caller: Caller, point: number): Promise<void> {
  const port = await kickd.port;
  if (port === undefined) {
    throw new Error(`kickd did not start again:\n${kickd.said()}`);
  }
  caller.meet(port, point, 0);
  await caller.settle();
  await kickd.end('SIGTERM');
}
