import { readdirSync, readFileSync } from 'node:fs';
import type { ChildIdentity } from '../ports.ts';

/** The id of this boot: another one means that no process of before is alive. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/**
 * When a process started, in clock ticks since boot: tells it from a later one of the same number.
 * @returns undefined when there is no such process, or only its zombie
 * @see proc(5), /proc/PID/stat, fields 3 and 22
 */
export function readStartTicks(pid: number): string | undefined {
  const fields = readStat(pid);
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

/** @returns undefined when there is no such process; 0 above the first */
export function parentOf(pid: number): number | undefined {
  const parent = readStat(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Whether it is still that process, and not a later one of its number. @param now the id of this boot */
export function isThere(
  { pid, startTicks, bootId }: ChildIdentity,
  now = readBootId(),
): boolean {
  return bootId === now && readStartTicks(pid) === startTicks;
}

/**
 * What a process holds and has used.
 * @returns undefined when there is no such process
 * @see proc(5), /proc/PID/stat, fields 14, 15 and 24; the tick is that of every Linux, 10 ms, the page that of the usual ones
 */
export function readCost(
  pid: number,
): { residentBytes: number; cpuSeconds: number } | undefined {
  const fields = readStat(pid);
  if (fields === undefined) return undefined;
  const [user, system, pages] = [11, 12, 21].map((at) => Number(fields[at]));
  return {
    residentBytes: (pages ?? 0) * 4096,
    cpuSeconds: ((user ?? 0) + (system ?? 0)) / 100,
  };
}

/** Whether a process is at work, or waits for a processor or the disk to be so; not one that sleeps or is stopped. */
export function isWorking(pid: number): boolean {
  const state = readStat(pid)?.[0];
  return state === 'R' || state === 'D';
}

export function isAlive(pid: number): boolean {
  return readStartTicks(pid) !== undefined;
}

/** Every living process in whose environment NAME=VALUE stands; the leader of a group first. */
export function findMarked(name: string, value: string): number[] {
  const mark = `${name}=${value}`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => isAlive(pid) && hasMark(pid, mark))
    .toSorted((a, b) => Number(isLeader(b)) - Number(isLeader(a)) || a - b);
}

function hasMark(pid: number, mark: string): boolean {
  try {
    const environment = readFileSync(`/proc/${String(pid)}/environ`, 'utf8');
    return environment.split('\0').includes(mark);
  } catch {
    // gone in between, or another user's, which a run of ours never is
    return false;
  }
}

function isLeader(pid: number): boolean {
  return readStat(pid)?.[2] === String(pid);
}

/** The fields of /proc/PID/stat from the state on, which is field 3. */
function readStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // the name in parentheses may hold blanks and parentheses of its own
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
