import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './stage.ts';

export interface Rotations {
  /** valid requests, and those that were not answered with 200 */
  requests: number;
  failed: string[];
  /** requests with a certificate that had been revoked, and those that were answered all the same */
  revoked: number;
  accepted: number;
  seconds: number;
}

/** Rotates the CRL over and over while the monitor asks at a steady pace, from a few addresses. */
export async function playRotations(
  stage: Stage,
  { rotations, perSecond }: { rotations: number; perSecond: number },
): Promise<Rotations> {
  const { site } = stage;
  let live = 0;
  let onLive = (): void => undefined;
  stage.onSaid((text) => {
    live += text.split('"event":"reloaded"').length - 1;
    onLive();
  });
  const told: Rotations = {
    requests: 0,
    failed: [],
    revoked: 0,
    accepted: 0,
    seconds: 0,
  };
  const asking = new Set<Promise<void>>();
  const startedMs = performance.now();
  const ask = async (): Promise<void> => {
    told.requests += 1;
    const localAddress = `127.0.1.${String(1 + (told.requests % 8))}`;
    const { status, text, error } = await stage.ask('/status', {
      localAddress,
    });
    if (status !== 200) told.failed.push(`${text}${error ?? ''}`);
  };
  const pace = setInterval(() => {
    const asked = ask().finally(() => asking.delete(asked));
    asking.add(asked);
  }, 1000 / perSecond);
  try {
    for (let n = 1; n <= rotations; n += 1) {
      const leaf = site.pki.issue({ certname: `gone${String(n)}.example.com` });
      site.pki.revoke(leaf.cert);
      const before = live;
      stage.publishCrl();
      while (live === before) {
        const { promise, resolve } = Promise.withResolvers<void>();
        onLive = resolve;
        await Promise.race([promise, sleep(5000)]);
      }
      if (n % 20 !== 0 && n !== rotations) continue;
      told.revoked += 1;
      const { code } = await stage.ask('/status', { ...leaf });
      if (code !== 'PEER_REVOKED') told.accepted += 1;
    }
  } finally {
    clearInterval(pace);
  }
  await Promise.all(asking);
  told.seconds = (performance.now() - startedMs) / 1000;
  return told;
}
