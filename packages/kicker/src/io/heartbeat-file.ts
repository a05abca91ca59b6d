import {
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { identityOf } from './process-identity.ts';

/** Who serves says so for this long; the loop says it every second. */
const saysForMs = 15 * 1000;

/**
 * Tells event handlers, `kicker check` and whoever else looks that somebody serves this spool: `PID START` (start in
 * clock ticks since boot, so that no other process with that pid is taken for it), and as the time of the file the
 * instant until which that holds. A loop that hangs lets it run out; a crash needs no clean-up.
 */
export interface HeartbeatFile {
  /** Says so for a while; only the holder of the lease does. */
  beat(): void;
  withdraw(): void;
}

export function createHeartbeatFile(
  spoolDirectory: string,
  pid: number,
  nowMs: () => number,
): HeartbeatFile {
  const file = fileIn(spoolDirectory);
  const [, , start = '0'] = identityOf(pid)?.split('/') ?? [];
  const line = `${String(pid)} ${start}\n`;
  return {
    beat: () => {
      if (readLine(file) !== line) {
        const draft = `${file}.${String(pid)}`;
        writeFileSync(draft, line, { mode: 0o644 });
        renameSync(draft, file);
      }
      const untilSeconds = (nowMs() + saysForMs) / 1000;
      utimesSync(file, untilSeconds, untilSeconds);
    },
    withdraw: () => {
      if (readLine(file) === line) rmSync(file, { force: true });
    },
  };
}

/** What the heartbeat of a spool says now. */
export interface Heartbeat {
  pid: number;
  /** how long ago the loop last said so, milliseconds */
  agoMs: number;
  /** whether that is too long for a loop that works */
  isHanging: boolean;
}

/** @returns undefined: nobody serves, or says so */
export function readHeartbeat(
  spoolDirectory: string,
  nowMs: number,
): Heartbeat | undefined {
  const file = fileIn(spoolDirectory);
  const stats = statSync(file, { throwIfNoEntry: false });
  const pid = Number(readLine(file).split(' ')[0]);
  if (stats === undefined || !Number.isInteger(pid) || pid <= 0) {
    return undefined;
  }
  const agoMs = Math.max(0, nowMs - (stats.mtimeMs - saysForMs));
  return { pid, agoMs, isHanging: agoMs >= saysForMs };
}

function fileIn(spoolDirectory: string): string {
  return join(spoolDirectory, 'serving');
}

function readLine(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
