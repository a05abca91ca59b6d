import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCm, type FakeCm } from '@kickd/testkit';

/** A probe that does as told. Whoever is nobody may reach it, so it lives outside the folder of the test. */
export interface FakeProbe extends FakeCm {
  dir: string;
  remove(): void;
}

export function createFakeProbe(): FakeProbe {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-probe-'));
  const probe = createFakeCm(dir);
  chmodSync(dir, 0o777);
  for (const name of readdirSync(dir)) chmodSync(join(dir, name), 0o777);
  return {
    ...probe,
    dir,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
