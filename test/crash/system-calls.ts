import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createUuid7 } from '@kickd/protocol';
import { Caller } from './caller.ts';
import { entryInWords } from './history.ts';
import { judge } from './judge.ts';
import { startKickd } from './kickd.ts';
import { createSite, host, type Site } from './site.ts';
import type { FailedStep } from './steps.ts';

export interface SystemCallsResult {
  points: number;
  breaches: FailedStep[];
  whyNot?: string;
}

const strace = '/usr/bin/strace';

/** What the journal does to its disk; `node:sqlite` writes and syncs in the main thread. */
const calls = ['pwrite64', 'fsync', 'openat', 'ftruncate', 'unlink'] as const;

/** Killed at the call, an error once, and a disk that stays broken from there on. */
const effects = [
  { name: 'killed', rule: 'signal=KILL', when: '', isOnce: false },
  { name: 'EIO', rule: 'error=EIO', when: '', isOnce: true },
  { name: 'ENOSPC', rule: 'error=ENOSPC', when: '', isOnce: true },
  { name: 'EIO for good', rule: 'error=EIO', when: '+', isOnce: false },
] as const;

/**
 * Breaks each system call on the journal's files in turn, the first, the second, … until a life of
 * kickd comes to its end unharmed; then another kickd without harm settles what is left.
 * @see strace(1), "Tampering"
 */
export async function runSystemCalls(
  dir: string,
  command: readonly string[],
  onPoint: (points: number) => void,
): Promise<SystemCallsResult> {
  const result: SystemCallsResult = { points: 0, breaches: [] };
  if (!existsSync(strace)) {
    return { ...result, whyNot: 'run: apt-get install strace' };
  }
  const plans = calls.flatMap((call) =>
    effects.map((effect) => ({ call, effect })),
  );
  const lane = async (name: string): Promise<void> => {
    const site = createSite(join(dir, name));
    for (let plan = plans.shift(); plan; plan = plans.shift()) {
      const { call, effect } = plan;
      for (let at = 1; ; at++) {
        const inject = `inject=${call}:${effect.rule}:when=${String(at)}${effect.when}`;
        const point = await playPoint(site, command, inject, effect.isOnce);
        if (!point.isHit) break;
        result.points += 1;
        onPoint(result.points);
        if (point.story.length === 0) continue;
        result.breaches.push({ blownAt: inject, story: point.story });
      }
    }
  };
  mkdirSync(dir, { recursive: true });
  // most of the time is waiting for a journal that is tried again
  await Promise.all(['a', 'b', 'c', 'd'].map(lane));
  return result;
}

async function playPoint(
  site: Site,
  command: readonly string[],
  inject: string,
  recovers: boolean,
): Promise<{ isHit: boolean; story: string[] }> {
  const { stateDir, tool, configFile } = site;
  rmSync(stateDir, { recursive: true, force: true });
  const judged = tool.lines().length;
  const caller = new Caller(site);
  const trace = `${stateDir}.trace`;
  rmSync(trace, { force: true });
  const journal = join(stateDir, 'journal.sqlite');
  const harmed = startKickd(
    [
      ...[strace, '-D', '-f', '-qq', '--seccomp-bpf', '-o', trace],
      ...['-P', journal, '-P', `${journal}-wal`],
      ...['-e', `trace=${calls.join(',')}`, '-e', inject],
      ...command,
    ],
    configFile,
  );
  const port = await harmed.port;
  let isSettled = true;
  if (port !== undefined) {
    caller.meet(port, 0, 0);
    tool.plan(0.02, 2);
    const kick = (n: number, more = {}) =>
      caller.kick({ kick: kickId(n), certname: host, ...more });
    await kick(1);
    await Promise.all([
      kick(2, { because: { since: '2026-01-01T00:00:00Z' } }),
      kick(3, { tags: ['apache'] }),
      kick(4, { expires: '2026-01-01T00:00:00Z' }),
    ]);
    isSettled = await caller.settleWithin(recovers ? 6000 : 300);
    harmed.kill('SIGTERM');
  }
  const ended = await Promise.race([harmed.ended, sleep(15_000, 'hangs')]);
  if (ended === 'hangs') harmed.kill('SIGKILL');
  caller.noteKill(0, inject, 0);
  const isHit = ended === 'SIGKILL' || hasInjected(trace);

  const kickd = startKickd(command, configFile);
  const again = await kickd.port;
  if (again !== undefined) {
    caller.meet(again, 1, 0);
    await caller.settle();
  }
  kickd.kill('SIGKILL');
  await kickd.ended;
  await tool.killAll();
  const lines = tool.lines().slice(judged);
  const wrong = judge(caller.history, lines).map(
    ({ law, what, ids }) => `${law}: ${what} ${ids.join(' ')}`,
  );
  if (ended === 'hangs') wrong.push('kickd did not end at TERM');
  if (again === undefined) wrong.push('kickd does not start again');
  if (recovers && port !== undefined && !isSettled) {
    wrong.push('kickd did not recover by itself');
  }
  if (wrong.length === 0) return { isHit, story: [] };
  const story = [
    ...wrong,
    ...caller.history.map(entryInWords),
    ...lines.map((line) => JSON.stringify(line)),
    harmed.said(),
    '-- the next kickd --',
    kickd.said(),
  ];
  return { isHit, story };
}

function hasInjected(trace: string): boolean {
  return existsSync(trace) && readFileSync(trace, 'utf8').includes('INJECTED');
}

function kickId(n: number): string {
  return createUuid7(Date.parse('2026-01-01') + n, new Uint8Array(10));
}
