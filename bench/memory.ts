import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { idleTool, withSite } from './bench-site.ts';
import { createClient } from './client.ts';
import { compare, type Row } from './row.ts';

const goal = { what: 'ours', most: 60 } as const;

/**
 * Resident memory of kickd, idle and after many kicks one after the other, beside a Node that idles.
 * Listener and runner are one process in this version, so both are in the figure.
 */
export async function benchMemory(kicks: number): Promise<Row[]> {
  return withSite({ key: 'ec', profile: idleTool }, async (site) => {
    const { pid } = site.kickd;
    if (pid === undefined) throw new Error('kickd has no pid');
    const client = createClient(site);
    const idle = residentMb(pid);
    let run = '';
    for (let kick = 0; kick < kicks; kick += 1) run = await client.kick();
    await client.waitFor(run);
    const busy = residentMb(pid);
    const peer = { name: 'idle node', samples: [await idleNodeMb()] };
    const count = kicks.toLocaleString('en');
    return [
      compare({ name: 'kickd resident, idle', unit: 'MB', goal }, [idle], peer),
      compare(
        { name: `kickd resident, after ${count} kicks`, unit: 'MB', goal },
        [busy],
        peer,
      ),
      compare(
        { name: `kickd resident, after ${count} kicks`, unit: 'MB' },
        [busy],
        { name: 'itself, idle', samples: [idle] },
      ),
    ];
  });
}

/** @see proc_pid_status(5), VmRSS */
function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function idleNodeMb(): Promise<number> {
  const node = spawn(
    process.execPath,
    ['-e', 'process.stdout.write("up"); process.stdin.resume()'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    node.once('error', reject);
    node.stdout.once('data', () => {
      resolve(residentMb(node.pid ?? 0));
      node.kill();
    });
  });
}
