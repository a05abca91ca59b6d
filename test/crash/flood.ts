import { createUuid7 } from '@kickd/protocol';
import { createClient } from './client.ts';
import { startKickd } from './kickd.ts';
import { createRandom } from '@kickd/testkit';
import { createSite, host } from './site.ts';

export interface FloodResult {
  kicks: number;
  accepted: number;
  /** requests, those that were dropped among them */
  asks: number;
  /** how often the tool was started */
  starts: number;
  /** callers whose run serves their kick */
  served: number;
  tookMs: number;
}

/** Every caller at the same moment, each with a kick of its own: one run, and at most one more. */
export async function runFlood(options: {
  dir: string;
  command: readonly string[];
  kicks: number;
}): Promise<FloodResult> {
  const { dir, command, kicks } = options;
  const site = createSite(dir);
  const random = createRandom(1);
  // longer than any flood, and ended when it is over: whoever comes later than the start waits for the follow-up
  site.tool.plan(600, 0);
  const kickd = startKickd(command, site.configFile);
  const port = await kickd.port;
  if (port === undefined) throw new Error(`no start:\n${kickd.said()}`);
  try {
    const client = createClient(port, site.tls);
    let asks = kicks;
    const startedMs = performance.now();
    const replies = await Promise.all(
      Array.from({ length: kicks }, async (_, n) => {
        const bytes = Uint8Array.from({ length: 10 }, () => random.below(256));
        const kick = createUuid7(Date.parse('2026-01-01') + n, bytes);
        // kickd drops connections beyond its limit: whoever learned nothing, or came too late, asks again
        for (;;) {
          const reply = await client.post({ kick, certname: host });
          const isLate = reply.kind === 'refused' && reply.status === 408;
          if (reply.kind !== 'unknown' && !isLate) return { kick, reply };
          asks += 1;
        }
      }),
    );
    const tookMs = Math.round(performance.now() - startedMs);
    site.tool.plan(0, 0);
    const runOf = new Map(
      replies.flatMap(({ kick, reply }) =>
        reply.kind === 'run' ? [[kick, reply.run.run] as const] : [],
      ),
    );
    await site.tool.killAll();
    const servedBy = new Map<string, string>();
    for (const run of new Set(runOf.values())) {
      const reply = await client.get(run, 30);
      if (reply.kind !== 'run' || reply.run.outcome === undefined) continue;
      for (const { kick } of reply.run.kicks) servedBy.set(kick, run);
    }
    return {
      kicks,
      accepted: runOf.size,
      asks,
      starts: site.tool.lines().filter(({ what }) => what === 'start').length,
      served: [...runOf].filter(([kick, run]) => servedBy.get(kick) === run)
        .length,
      tookMs,
    };
  } finally {
    kickd.kill('SIGKILL');
    await kickd.ended;
    await site.tool.killAll();
  }
}
