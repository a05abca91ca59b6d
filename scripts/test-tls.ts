import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildKickd } from '../test/crash/kickd.ts';
import { attacks, playAttack } from '../test/tls/attacks.ts';
import { playResumptions } from '../test/tls/resumptions.ts';
import { playRevocations } from '../test/tls/revocations.ts';
import { playRotations } from '../test/tls/rotations.ts';
import {
  startStage,
  type Stage,
  type StageOptions,
} from '../test/tls/stage.ts';

/**
 * `npm run test:tls [-- --share 0.1]`: how soon a revoked certificate is refused, that no session is resumed, that
 * rotations cost no valid request, and that the monitor is served while a thousand are slow. Against kickd's two
 * processes on loopback. Exit 1 where it is not so. `--share` plays a part of it.
 */
const { values } = parseArgs({
  options: { share: { type: 'string', default: '1' } },
});
const share = Number(values.share);
const part = (whole: number): number => Math.max(1, Math.round(whole * share));
/** Revoked is refused, and the monitor served, within this. */
const withinMs = 2000;

const dir = mkdtempSync(join(tmpdir(), 'kickd-tls-'));
const told: string[] = [];
let isFailed = false;
try {
  const command = await buildKickd(join(dir, 'kickd'));
  let stages = 0;
  const on = async (
    play: (stage: Stage) => Promise<void>,
    options?: StageOptions,
  ): Promise<void> => {
    stages += 1;
    const at = join(dir, `stage-${String(stages)}`);
    const stage = await startStage(at, command, options);
    try {
      await play(stage);
    } finally {
      await stage.close();
    }
  };
  await on(revocations);
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    await on((stage) => resumptions(stage, version), { minVersion: version });
  }
  await on(rotations);
  for (const sources of [64, 0]) {
    for (const kind of attacks) {
      await on((stage) => slow(stage, kind, sources), { hasLimits: true });
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}
process.stdout.write(`\n${told.join('\n')}\n`);
process.exitCode = isFailed ? 1 : 0;

async function revocations(stage: Stage): Promise<void> {
  const count = part(200);
  const { fresh, open, resumed, reused, faults } = await playRevocations(
    stage,
    count,
  );
  const worst = [fresh, open, resumed].map((ms) => ms.toFixed(0)).join(', ');
  close(
    `revocations ${String(count)}, worst ms until refused on new, open, resumed connections ${worst}, sessions reused ${String(reused)}, faults ${String(faults.length)}`,
    faults.length + reused === 0 && Math.max(fresh, open, resumed) <= withinMs,
    faults,
  );
}

async function resumptions(
  stage: Stage,
  version: 'TLSv1.2' | 'TLSv1.3',
): Promise<void> {
  const played = await playResumptions(stage, part(5000), version);
  const { attempts, shown, reused } = played;
  close(
    `${version}: attempts to resume ${String(attempts)}, with a session to show ${String(shown)}, resumed ${String(reused)}`,
    reused === 0,
  );
}

async function rotations(stage: Stage): Promise<void> {
  const load = { rotations: part(1000), perSecond: 50 };
  const { requests, failed, revoked, accepted, seconds } = await playRotations(
    stage,
    load,
  );
  const pace = (requests / seconds).toFixed(0);
  close(
    `rotations ${String(load.rotations)} in ${seconds.toFixed(0)} s under ${pace} requests/s: ${String(requests)} valid, failed ${String(failed.length)}; ${String(revoked)} of the revoked, accepted ${String(accepted)}`,
    failed.length + accepted === 0,
    failed,
  );
}

async function slow(
  stage: Stage,
  kind: (typeof attacks)[number],
  sources: number,
): Promise<void> {
  const attack = { kind, sources, count: part(1000), asks: 50 };
  const { opened, asked, unserved, slowestMs } = await playAttack(
    stage,
    attack,
  );
  const from =
    sources === 0
      ? "the monitor's own address"
      : `${String(sources)} other addresses`;
  const isServed = unserved.length === 0 && slowestMs <= withinMs;
  close(
    `slow ${kind}: ${String(attack.count)} at a time from ${from}, ${String(opened)} opened; the monitor asked ${String(asked)}, not served ${String(unserved.length)}, slowest ${slowestMs.toFixed(0)} ms`,
    // who shares an address shares its limits: told, not promised
    isServed || sources === 0,
    sources === 0 ? [] : unserved,
  );
}

function close(
  line: string,
  isFine: boolean,
  details: readonly string[] = [],
): void {
  told.push(line);
  process.stdout.write(`${line}\n`);
  if (isFine) return;
  isFailed = true;
  process.stderr.write(`FAILED: ${line}\n`);
  for (const detail of details.slice(0, 5))
    process.stderr.write(`  ${detail}\n`);
}
