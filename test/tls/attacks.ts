import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Stage } from './stage.ts';

export const attacks = ['headers', 'body', 'read', 'silent'] as const;
/** What is slow, or that nothing is said at all. */
export type Attack = (typeof attacks)[number];

export interface AttackOrder {
  kind: Attack;
  port: number;
  count: number;
  /** addresses that they come from; 0: the monitor's own */
  sources: number;
  tls: { cert: string; key: string };
}

export interface Attacked {
  kind: Attack;
  /** connections that the attacker has opened */
  opened: number;
  /** what the monitor asked meanwhile, and was not served */
  asked: number;
  unserved: string[];
  /** of those that were served */
  slowestMs: number;
}

/** Keeps a flood standing from other addresses, and asks as the monitor meanwhile. */
export async function playAttack(
  stage: Stage,
  {
    kind,
    count,
    sources,
    asks,
  }: { kind: Attack; count: number; sources: number; asks: number },
): Promise<Attacked> {
  const { site, port } = stage;
  // whoever may do everything can hold on to a body; a host without a rule reads nothing of its refusal
  const domain = kind === 'read' ? 'example.net' : 'example.com';
  const leaf = site.pki.issue({ certname: `slow.${domain}` });
  const order: AttackOrder = { kind, port, count, sources, tls: leaf };
  const file = join(import.meta.dirname, 'attacker.ts');
  const attacker = execa(process.execPath, [file, JSON.stringify(order)], {
    stdin: 'ignore',
    stderr: 'inherit',
    env: { PATH: '/usr/bin:/bin' },
    extendEnv: false,
    buffer: false,
    reject: false,
  });
  const told: Attacked = {
    kind,
    opened: 0,
    asked: 0,
    unserved: [],
    slowestMs: 0,
  };
  const lines = createInterface(attacker.stdout);
  lines.on('line', (line) => {
    const opened = /^opened (\d+)$/.exec(line)?.[1];
    if (opened !== undefined) told.opened = Number(opened);
  });
  try {
    await Promise.race([once(lines, 'line'), attacker]);
    for (; told.asked < asks; told.asked += 1) {
      const { status, text, error, ms } = await stage.ask();
      if (status === 200) told.slowestMs = Math.max(told.slowestMs, ms);
      else told.unserved.push(`${text}${error ?? ''}`);
    }
  } finally {
    attacker.kill('SIGTERM');
    await attacker;
  }
  return told;
}
