import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { printable } from '@kickd/protocol';
import { parentOf } from './proc.ts';

/** A process that has a file open for writing. */
export interface FileWriter {
  pid: number;
  /** its command line, printable */
  command: string;
}

/**
 * Who else has this file open for writing, as far as this user may see it: root sees everybody, an ordinary user its
 * own processes. Our ancestors do not count: a shell that started us with `>>` holds the file as well.
 */
export function findOtherWriter(
  file: Pick<Stats, 'dev' | 'ino'>,
): FileWriter | undefined {
  const ours = new Set(ancestorsOf(process.pid));
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || ours.has(pid) || !writes(pid, file)) continue;
    return { pid, command: commandOf(pid) };
  }
  return undefined;
}

function ancestorsOf(pid: number): number[] {
  const parent = parentOf(pid);
  return parent === undefined || parent === 0
    ? [pid]
    : [pid, ...ancestorsOf(parent)];
}

function writes(pid: number, file: Pick<Stats, 'dev' | 'ino'>): boolean {
  const folder = `/proc/${String(pid)}`;
  let descriptors: string[];
  try {
    descriptors = readdirSync(`${folder}/fd`);
  } catch {
    // gone, or not ours to look into
    return false;
  }
  return descriptors.some((fd) => {
    try {
      const { dev, ino } = statSync(`${folder}/fd/${fd}`);
      return (
        ino === file.ino &&
        dev === file.dev &&
        isForWriting(readFileSync(`${folder}/fdinfo/${fd}`, 'utf8'))
      );
    } catch {
      return false;
    }
  });
}

/** @see proc(5), fdinfo: the flags are octal, and the last two bits say how the file is open */
function isForWriting(info: string): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & 0o3) !== 0;
}

function commandOf(pid: number): string {
  try {
    const words = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
    return printable(words.replaceAll('\0', ' ').trim(), 120);
  } catch {
    return 'unknown';
  }
}
