import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './process-identity.ts';

/**
 * Tells event handlers that somebody serves this spool: `PID START`, start in clock ticks since boot,
 * so that no other process with that pid is taken for it. A crash needs no clean-up.
 */
export interface ServingFile {
  /** Says so (again), unless another living process does already. */
  assert(): void;
  /** Says that nobody serves, where this process is named. */
  withdraw(): void;
}

/** @param own an identity, see process-identity */
export function createServingFile(
  spoolDirectory: string,
  own: string,
): ServingFile {
  const file = join(spoolDirectory, 'serving');
  const line = lineOf(own);
  const boot = own.split('/')[0] ?? '';
  const read = (): string => {
    try {
      return readFileSync(file, 'latin1');
    } catch {
      return '';
    }
  };
  return {
    assert: () => {
      const said = read();
      if (said === line) return;
      const [pid = '', start = ''] = said.trim().split(' ');
      if (pid !== '' && isAlive(`${boot}/${pid}/${start}`)) return;
      const draft = `${file}.${own.split('/')[1] ?? ''}`;
      writeFileSync(draft, line, { mode: 0o644 });
      renameSync(draft, file);
    },
    withdraw: () => {
      if (read() === line) rmSync(file, { force: true });
    },
  };
}

function lineOf(identity: string): string {
  const [, pid = '', start = ''] = identity.split('/');
  return `${pid} ${start}\n`;
}
