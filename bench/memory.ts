import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { asItsUnit, idleTool, withSite } from './bench-site.ts';
import { createClient } from './client.ts';
import { compare, type Row } from './row.ts';

const goal = { what: 'ours', most: 64 } as const;

/**
 * Resident memory of kickd's listener, idle and after many kicks one after the other, beside a Node that
 * idles. It is started as its unit starts it; the runner is another process, and not there while idle.
 * Most of it is Node's own program, which every process of Node on the host shares: what the listener has
 * for itself is told apart.
 */
export async function benchMemory(kicks: number): Promise<Row[]> {
  const options = {
    key: 'ec',
    profile: idleTool,
    kickd: asItsUnit,
    isSplit: true,
  } as const;
  return withSite(options, async (site) => {
    const { pid } = site.kickd;
    if (pid === undefined) throw new Error('kickd has no pid');
    const client = createClient(site);
    const idle = memoryMb(pid);
    let run = '';
    let early = idle;
    for (let kick = 1; kick <= kicks; kick += 1) {
      run = await client.kick();
      if (kick === kicks / 10) early = memoryMb(pid);
    }
    await client.waitFor(run);
    const busy = memoryMb(pid);
    const node = await idleNodeMb();
    const count = kicks.toLocaleString('en');
    const rows = [
      ['idle', idle],
      [`after ${count} kicks`, busy],
    ] as const;
    return [
      ...rows.map(([when, { resident }]) =>
        compare(
          { name: `listener resident, ${when}`, unit: 'MB', goal },
          [resident],
          { name: 'idle node', samples: [node.resident] },
        ),
      ),
      ...rows.map(([when, { own }]) =>
        compare(
          { name: `listener, its own alone, ${when}`, unit: 'MB' },
          [own],
          { name: 'idle node', samples: [node.own] },
        ),
      ),
      compare(
        {
          name: `listener resident, after ${count} kicks`,
          unit: 'MB',
          goal: { what: 'ratio', most: 1.05 },
        },
        [busy.resident],
        { name: 'after a tenth', samples: [early.resident] },
      ),
    ];
  });
}

interface Memory {
  resident: number;
  /** no page of it belongs to a file that others map too */
  own: number;
}

/** @see proc_pid_status(5), VmRSS and RssAnon */
function memoryMb(pid: number): Memory {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  const read = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { resident: read('VmRSS'), own: read('RssAnon') };
}

async function idleNodeMb(): Promise<Memory> {
  const node = execa(
    process.execPath,
    ['-e', 'process.stdout.write("up"); process.stdin.resume()'],
    { stderr: 'inherit', buffer: false, reject: false },
  );
  await once(node.stdout, 'data');
  const memory = memoryMb(node.pid ?? 0);
  node.kill();
  await node;
  return memory;
}
