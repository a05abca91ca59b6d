import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** The name of a UNIX socket holds 107 bytes, which the folders of tests go beyond. */
export function socketPath(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'r.sock');
}
