import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { execaSync } from 'execa';

/** A CM executable that does what real ones will not do on demand. */
export interface FakeCm {
  /** absolute path: takes no arguments that matter */
  file: string;
  /** What the next runs do: lines of shell. */
  plan(script: string): void;
  /** Lets one run pass that waits at `gate` in its plan. */
  release(): Promise<void>;
  /** How often it was started. */
  starts(): number;
}

/**
 * Writes the executable into an empty directory. A plan is plain sh; `gate` waits for `release()`.
 * Each start adds a line to DIR/starts, with the run's id.
 */
export function createFakeCm(dir: string): FakeCm {
  const file = join(dir, 'fake-cm');
  const gate = join(dir, 'gate');
  const plan = join(dir, 'plan');
  const starts = join(dir, 'starts');
  const passed = join(dir, 'passed');
  execaSync('mkfifo', [gate, passed]);
  writeFileSync(starts, '');
  writeFileSync(plan, 'exit 0\n');
  writeFileSync(
    file,
    `#!/bin/sh
gate() { read -r _ <'${gate}'; echo >'${passed}'; }
echo "$KICKD_RUN $*" >>'${starts}'
. '${plan}'
`,
    { mode: 0o755 },
  );
  return {
    file,
    plan: (script) => {
      writeFileSync(plan, `${script}\n`);
    },
    release: async () => {
      // opening a pipe for writing waits for its reader
      const writer = await open(gate, 'w');
      await writer.write('\n');
      await writer.close();
      // the run says that it has passed, so that the next release meets the next gate
      await using reader = await open(passed, 'r');
      await reader.readFile();
    },
    starts: () =>
      readFileSync(starts, 'utf8').split('\n').filter(Boolean).length,
  };
}
