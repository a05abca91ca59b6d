import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyKind } from '@kickd/certs-dev';
import { createHeartbeatFile } from '../packages/kicker/src/io/heartbeat-file.ts';
import { openSpool } from '../packages/kicker/src/io/spool.ts';
import { plainEnvironment } from '../scripts/site/site.ts';
import { dist, idleTool, withSite } from './bench-site.ts';
import { interleave, timeProcess } from './measure.ts';
import { curlKick } from './one-shot.ts';
import { compare, type Row } from './row.ts';

const handler = join(dist, '..', 'deploy', 'nagios', 'handle_puppetrun');

/**
 * The event handler's hand-off to a resident kicker, from the start of its process to its exit, by when the
 * event is on disk in the spool; beside one curl that posts a kick over mutual TLS. This process stands for
 * the one that serves, and takes nothing.
 */
export async function benchHandOff(
  key: KeyKind,
  rounds: number,
): Promise<Row[]> {
  return withSite({ key, profile: idleTool }, async (site, dir) => {
    const spool = join(dir, 'spool');
    mkdirSync(spool, { mode: 0o750 });
    openSpool(spool, process.getuid?.() ?? 0);
    const heartbeat = createHeartbeatFile(spool, process.pid, Date.now);
    heartbeat.beat();
    const macros = [
      '--host=web1.example.com',
      '--address=192.0.2.11',
      '--service=HTTP',
      '--state=CRITICAL',
      '--state-type=SOFT',
      '--attempt=3',
      '--max-attempts=4',
      '--problem-id=17',
      '--last-ok=1772323200',
    ];
    const [ours = [], curl = []] = await interleave(
      [
        () => {
          heartbeat.beat();
          return timeProcess([handler, ...macros], {
            ...plainEnvironment,
            KICKER: '/bin/false',
            KICKER_SPOOL: spool,
          });
        },
        async () => {
          const tookMs = await timeProcess(curlKick(site), plainEnvironment);
          await site.nextRunEnded();
          return tookMs;
        },
      ],
      { rounds, warmUps: 3 },
    );
    const handed = readdirSync(join(spool, 'new')).length;
    if (handed !== rounds + 3) throw new Error(`${handed} events in the spool`);
    rmSync(spool, { recursive: true });
    return [
      compare(
        {
          name: `hand-off to the resident kicker, ${key === 'ec' ? 'EC' : 'RSA-2048'}`,
          unit: 'ms',
          goal: { what: 'ratio', most: 0.35 },
        },
        ours,
        { name: 'curl', samples: curl },
      ),
    ];
  });
}
