import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createUuid7, type Run } from '@kickd/protocol';
import { createClient } from './client.ts';
import { startKickd } from './kickd.ts';
import { createSite, host } from './site.ts';

/** What a tool may write: shell, and what it stands for. */
const outputs = {
  '5 GB without a newline': 'head -c 5368709120 /dev/zero',
  '1 GB of anything': 'head -c 1073741824 /dev/urandom',
  'one byte a second': 'for i in 1 2 3 4 5 6 7 8; do printf x; sleep 1; done',
} as const;

export interface OutputResult {
  name: string;
  outcome: string | undefined;
  /** of the file that was kept */
  keptBytes: number;
  /** how much more resident memory kickd had at the most than before the run */
  grownMb: number;
}

/** Runs of a tool that writes much, or oddly; kickd's memory is looked at all the while. */
export async function runOutputs(
  dir: string,
  command: readonly string[],
): Promise<OutputResult[]> {
  const site = createSite(dir);
  const kickd = startKickd(command, site.configFile);
  const port = await kickd.port;
  if (port === undefined) throw new Error(`no start:\n${kickd.said()}`);
  const client = createClient(port, site.tls);
  const results: OutputResult[] = [];
  try {
    for (const [name, output] of Object.entries(outputs)) {
      site.tool.plan(0, 2, output);
      const before = residentMb(kickd.pid);
      let most = before;
      const kick = createUuid7(Date.now(), randomBytes(10));
      const reply = await client.post({ kick, certname: host });
      if (reply.kind !== 'run') throw new Error(JSON.stringify(reply));
      let run: Run = reply.run;
      while (run.state !== 'ended') {
        const next = await client.get(run.run, 1);
        if (next.kind !== 'run') throw new Error(JSON.stringify(next));
        ({ run } = next);
        most = Math.max(most, residentMb(kickd.pid));
      }
      const log = join(site.stateDir, 'runs', `${run.run}.log`);
      results.push({
        name,
        outcome: run.outcome?.kind,
        keptBytes: statSync(log).size,
        grownMb: Math.round(most - before),
      });
    }
    return results;
  } finally {
    kickd.kill('SIGKILL');
    await kickd.ended;
    await site.tool.killAll();
  }
}

/** @see proc_pid_status(5), VmRSS */
function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
