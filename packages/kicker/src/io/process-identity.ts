import { readFileSync } from 'node:fs';

/**
 * Names a process beyond its pid, which the kernel gives out again: boot, pid and start time.
 * @returns `BOOT/PID/TICKS`, or undefined where there is no such process (or it has ended)
 * @see proc_pid_stat(5), field 22, in clock ticks since boot
 */
export function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the name, may hold blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    return `${boot.trim()}/${pid}/${fields[19]}`;
  } catch {
    return undefined;
  }
}
