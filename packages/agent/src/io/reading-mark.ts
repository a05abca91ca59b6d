import { closeSync, existsSync, openSync, rmSync } from 'node:fs';

/** Says, in a file beside the log of a run, that somebody has begun to read what the run left. */
export interface ReadingMark {
  /** An earlier kickd has begun, and did not come to an end: it died over it, or was killed meanwhile. */
  readonly wasBegun: boolean;
  begin(): void;
  /** Read, or given up in an orderly way. */
  clear(): void;
}

/**
 * What a tool leaves behind is foreign, and whoever reads it may die of it: a runner that systemd starts again would
 * read it again, and die again. So the second one does not read.
 * @param logFile of the run; what begins with its name is removed with it
 * @see docs/decisions/0020-reports-of-any-size.md
 */
export function readingMarkOf(logFile: string): ReadingMark {
  const file = `${logFile}.reading`;
  return {
    wasBegun: existsSync(file),
    begin: () => {
      try {
        closeSync(openSync(file, 'w', 0o600));
      } catch {
        // no space: then it is read as if nobody could die of it
      }
    },
    clear: () => {
      rmSync(file, { force: true });
    },
  };
}
