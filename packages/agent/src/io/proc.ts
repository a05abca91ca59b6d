import { readFileSync } from 'node:fs';

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
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // the name in parentheses may hold blanks and parentheses of its own
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  return readStartTicks(pid) !== undefined;
}
