import { once } from 'node:events';
import { connect } from 'node:tls';
import { host } from '../crash/site.ts';
import type { Stage } from './stage.ts';
import { startRun } from './start-run.ts';

export interface Revocations {
  /** ms from the new CRL file to the first refusal, the worst of all */
  fresh: number;
  resumed: number;
  /** … to the end of a connection with a request that waits */
  open: number;
  /** sessions that were resumed */
  reused: number;
  /** what should not have been, in words */
  faults: string[];
}

/** A refusal that has not come by then does not come. */
const patienceMs = 10 * 1000;

/**
 * Revokes one caller after the other, each with a connection on which a long poll waits and a session of
 * before, and asks without pause until it is refused.
 */
export async function playRevocations(
  stage: Stage,
  count: number,
): Promise<Revocations> {
  const { site, port } = stage;
  const worst = { fresh: 0, resumed: 0, open: 0 };
  const faults: string[] = [];
  let reused = 0;
  const run = await startRun(stage, 3600);
  for (let n = 0; n < count; n += 1) {
    const certname = `caller${String(n)}.example.com`;
    const leaf = site.pki.issue({ certname });
    const as = { ...site.tls, ...leaf };
    const open = connect({ host: '127.0.0.1', port, ...as });
    open.on('error', () => undefined).resume();
    let session = open.getSession();
    open.on('session', (given) => (session = given));
    await once(open, 'secureConnect');
    open.write(`GET /run/${run}?wait=50 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    // answered behind it, so that the one that waits has been read
    const before = await stage.ask('/status', leaf);
    if (before.status !== 200) faults.push(`${certname}: ${before.text}`);
    if (open.destroyed) faults.push(`${certname}: did not wait`);
    const closed = once(open, 'close');

    site.pki.revoke(leaf.cert);
    const changedMs = performance.now();
    const since = (): number => performance.now() - changedMs;
    stage.publishCrl();
    const untilRefused = async (resumes: boolean): Promise<number> => {
      const more = resumes && session !== undefined ? { session } : {};
      while (since() < patienceMs) {
        const { code } = await stage.ask('/status', { ...leaf, ...more });
        if (code === 'PEER_REVOKED') return since();
      }
      faults.push(`${certname}: not refused`);
      return since();
    };
    const [fresh, resumed, ended] = await Promise.all([
      untilRefused(false),
      untilRefused(true),
      closed.then(since),
    ]);
    worst.fresh = Math.max(worst.fresh, fresh);
    worst.resumed = Math.max(worst.resumed, resumed);
    worst.open = Math.max(worst.open, ended);
    if (open.isSessionReused()) reused += 1;
  }
  await site.tool.killAll();
  return { ...worst, reused, faults };
}
