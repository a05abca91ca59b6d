import { setTimeout as sleep } from 'node:timers/promises';
import { createUuid7 } from '@kickd/protocol';
import { Caller } from './caller.ts';
import { judge, type Breach } from './judge.ts';
import { startKickd } from './kickd.ts';
import { createRandom } from '@kickd/testkit';
import { createReleases } from './releases.ts';
import { createSite, host } from './site.ts';
import type { Tool } from './tool.ts';

export interface RestartsOptions {
  /** an empty directory */
  dir: string;
  command: readonly string[];
  seed: number;
  restarts: number;
  onRestart(): void;
}

export interface RestartsResult {
  restarts: number;
  /** those of them in which the program was put another in the place of */
  upgrades: number;
  runs: number;
  /** runs that did not come to their own end */
  killed: number;
  /** runs whose outcome kickd could tell itself, since it was there at their end */
  told: number;
  breaches: Breach[];
}

/** Every so many lives end with an upgrade. */
const upgradeEach = 4;
/** So many restarts are judged at once. */
const batch = 25;

/**
 * Ends kickd in the middle of runs, by TERM or by KILL, and starts it again. The runs are left alone,
 * so that each must come to its own end, and each kick to its outcome.
 */
export async function runRestarts(
  options: RestartsOptions,
): Promise<RestartsResult> {
  const { dir, command, seed, restarts, onRestart } = options;
  const site = createSite(dir);
  const releases = createReleases(command, `${dir}/installed`);
  const caller = new Caller(site);
  const random = createRandom(seed);
  const result: RestartsResult = {
    restarts: 0,
    upgrades: 0,
    runs: 0,
    killed: 0,
    told: 0,
    breaches: [],
  };
  let judged = 0;
  let lives = 0;
  let kicks = 0;
  while (result.restarts < restarts && result.breaches.length === 0) {
    const end = Math.min(restarts, result.restarts + batch);
    for (;;) {
      const kickd = startKickd(releases.command, site.configFile);
      const port = await kickd.port;
      if (port === undefined) throw new Error(`no start:\n${kickd.said()}`);
      caller.meet(port, result.restarts, 0);
      if (result.restarts === end) {
        await caller.settle();
        kickd.kill('SIGTERM');
        await kickd.ended;
        break;
      }
      lives += 1;
      const isUpgrade = lives % upgradeEach === 0;
      // longer than a restart, so that most runs see one, and some see several; an upgrade copies the program
      const seconds = (isUpgrade ? 2 : 0.3) + random.below(60) / 100;
      site.tool.plan(seconds, random.pick([0, 2, 1]));
      kicks += 1;
      const before = starts(site.tool);
      const bytes = Uint8Array.from({ length: 10 }, () => random.below(256));
      const kick = createUuid7(Date.parse('2026-01-01') + kicks, bytes);
      const load = [
        caller.askAgain(),
        caller.kick({ kick, certname: host }),
        sleep(random.below(40)),
      ];
      // in the middle of a run, and then not always at its beginning
      while (starts(site.tool) === before) await sleep(2);
      await load[2];
      kickd.kill(random.chance(0.5) ? 'SIGTERM' : 'SIGKILL');
      await Promise.all(load);
      const ended = await kickd.ended;
      if (ended !== 0 && ended !== 'SIGKILL') {
        throw new Error(`kickd ended with ${String(ended)}:\n${kickd.said()}`);
      }
      if (isUpgrade) releases.upgrade();
      // it ended before the kill: no restart in mid-run
      if (site.tool.alive().length === 0) continue;
      result.restarts += 1;
      if (isUpgrade) result.upgrades += 1;
      onRestart();
    }
    const lines = site.tool.lines().slice(judged);
    judged += lines.length;
    const begun = lines.filter(({ what }) => what === 'start').length;
    result.runs += begun;
    result.killed += begun - lines.filter(({ what }) => what === 'end').length;
    result.told += new Set(
      caller.history.flatMap((entry) =>
        entry.kind === 'seen' && entry.run.outcome?.exitCode !== undefined
          ? [entry.run.run]
          : [],
      ),
    ).size;
    result.breaches = judge(caller.history, lines);
    caller.forget();
  }
  return result;
}

function starts(tool: Tool): number {
  return tool.lines().filter(({ what }) => what === 'start').length;
}
