import { join } from 'node:path';
import t, { type Test } from 'tap';
import { buildKickd } from './crash/kickd.ts';
import { attacks, playAttack } from './tls/attacks.ts';
import { playResumptions } from './tls/resumptions.ts';
import { playRevocations } from './tls/revocations.ts';
import { playRotations } from './tls/rotations.ts';
import { startStage, type Stage, type StageOptions } from './tls/stage.ts';

/** The short form of `npm run test:tls`: the same plays, few of each, and no word about time. */
const dir = t.testdir({});
const command = await buildKickd(join(dir, 'kickd'));
let stages = 0;
const start = async (t: Test, options?: StageOptions): Promise<Stage> => {
  stages += 1;
  const at = join(dir, `stage-${String(stages)}`);
  const stage = await startStage(at, command, options);
  t.teardown(() => stage.close());
  return stage;
};

t.test('who is revoked is refused, also on open connections', async (t) => {
  const { faults, reused } = await playRevocations(await start(t), 3);
  t.same({ faults, reused }, { faults: [], reused: 0 });
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`no session of ${version} is resumed`, async (t) => {
    const stage = await start(t, { minVersion: version });
    const { attempts, reused } = await playResumptions(stage, 30, version);
    t.same({ attempts, reused }, { attempts: 30, reused: 0 });
  });
}

t.test('a rotation costs no valid request', async (t) => {
  const load = { rotations: 5, perSecond: 20 };
  const { failed, accepted, revoked } = await playRotations(
    await start(t),
    load,
  );
  t.same(
    { failed, accepted, revoked },
    { failed: [], accepted: 0, revoked: 1 },
  );
});

for (const kind of attacks) {
  t.test(`slow, or silent: ${kind}`, async (t) => {
    const stage = await start(t, { hasLimits: true });
    const attack = { kind, count: 300, sources: 16, asks: 3 };
    const { unserved, asked } = await playAttack(stage, attack);
    t.same({ unserved, asked }, { unserved: [], asked: 3 });
  });
}
