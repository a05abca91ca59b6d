import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyKind } from '@kickd/certs-dev';
import {
  managedHost,
  plainEnvironment,
  type Site,
} from '../scripts/site/site.ts';
import { dist, idleTool, withSite } from './bench-site.ts';
import { kickBody } from './client.ts';
import { interleave, timeFirstWord, timeProcess } from './measure.ts';
import { compare, type Row } from './row.ts';

/**
 * One `kicker kick --no-wait`, from the start of the process to its word that the agent's 202 came
 * whole, and to its exit, beside a Node that does nothing and beside curl with the same certificates,
 * CRLs and agent. Before the next one starts, the run of the last one has ended.
 */
export async function benchOneShot(
  key: KeyKind,
  rounds: number,
): Promise<Row[]> {
  return withSite({ key, profile: idleTool }, async (site, dir) => {
    const home = join(dir, 'home');
    mkdirSync(home, { mode: 0o700 });
    const kick = [
      'kick',
      '--no-wait',
      `--config=${site.kickerConfig}`,
      managedHost,
    ];
    const exits = { usual: [] as number[], launched: [] as number[] };
    const kicked = async (
      program: readonly string[],
      HOME: string,
      into?: number[],
    ): Promise<number> => {
      const { firstWordMs, exitMs } = await timeFirstWord(
        [...program, ...kick],
        { ...plainEnvironment, HOME },
      );
      await site.nextRunEnded();
      into?.push(exitMs);
      return firstWordMs;
    };
    const node = process.execPath;
    const program = [node, join(dist, 'kicker.mjs')];
    const launcher = [join(dist, 'bin', 'kicker')];
    const [usual = [], , parsed = [], idle = [], curl = []] = await interleave(
      [
        () => kicked(program, home, exits.usual),
        () => kicked(launcher, home, exits.launched),
        // Without a home of its own it keeps nothing, and parses each time.
        () => kicked(program, plainEnvironment.HOME),
        () => timeProcess([node, '-e', '0'], plainEnvironment),
        async () => {
          const tookMs = await timeProcess(curlKick(site), plainEnvironment);
          await site.nextRunEnded();
          return tookMs;
        },
      ],
      { rounds, warmUps: 3 },
    );
    const keys = key === 'ec' ? 'EC' : 'RSA-2048';
    const byNode = { name: 'node -e 0', samples: idle };
    const byCurl = { name: 'curl', samples: curl };
    const goal = { what: 'ratio', most: 4 } as const;
    const toExit = exits.usual.slice(-rounds);
    const name = `one-shot kicker, ${keys}`;
    return [
      compare({ name: `${name}, to 202`, unit: 'ms', goal }, usual, byNode),
      compare(
        { name: `${name}, to 202, configuration anew`, unit: 'ms' },
        parsed,
        byNode,
      ),
      compare({ name: `${name}, to exit`, unit: 'ms' }, toExit, byNode),
      compare({ name: `${name}, to exit`, unit: 'ms' }, toExit, byCurl),
      compare(
        { name: `${name}, to exit, by its launcher`, unit: 'ms' },
        exits.launched.slice(-rounds),
        byCurl,
      ),
    ];
  });
}

/** What of every figure is the bench's own: it starts a process and waits for its end. */
export async function benchNothing(rounds: number): Promise<Row[]> {
  const [nothing = [], idle = []] = await interleave(
    [
      () => timeProcess(['/bin/true'], plainEnvironment),
      () => timeProcess([process.execPath, '-e', '0'], plainEnvironment),
    ],
    { rounds, warmUps: 3 },
  );
  return [
    compare({ name: 'the bench itself: /bin/true', unit: 'ms' }, nothing, {
      name: 'node -e 0',
      samples: idle,
    }),
  ];
}

export function curlKick(site: Site): string[] {
  const file = (name: string): string => join(site.monitorSsl, `${name}.pem`);
  const port = String(site.port);
  return [
    '/usr/bin/curl',
    '--silent',
    '--show-error',
    '--fail',
    '--http1.1',
    '--tlsv1.3',
    `--cert=${file('cert')}`,
    `--key=${file('key')}`,
    `--cacert=${file('ca')}`,
    `--crlfile=${file('crl')}`,
    `--resolve=${managedHost}:${port}:127.0.0.1`,
    '--header=content-type: application/json',
    `--data=${kickBody()}`,
    `https://${managedHost}:${port}/run`,
  ].flatMap((argument) => {
    // curl takes no `--name=value`
    const [, name, value] = /^(--[a-z]+)=(.*)$/s.exec(argument) ?? [];
    return name === undefined ? [argument] : [name, value ?? ''];
  });
}
