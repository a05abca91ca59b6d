import { join } from 'node:path';
import type { KeyKind } from '@kickd/certs-dev';
import {
  managedHost,
  plainEnvironment,
  type Site,
} from '../scripts/site/site.ts';
import { dist, idleTool, withSite } from './bench-site.ts';
import { kickBody } from './client.ts';
import { interleave, timeProcess } from './measure.ts';
import { compare, type Row } from './row.ts';

/**
 * One `kicker kick --no-wait`, from the start of the process to its exit after the agent's 202, beside
 * a Node that does nothing and beside curl with the same certificates, CRLs and agent.
 * Before the next one starts, the run of the last one has ended.
 */
export async function benchOneShot(
  key: KeyKind,
  rounds: number,
): Promise<Row[]> {
  return withSite({ key, profile: idleTool }, async (site) => {
    const kick = [
      'kick',
      '--no-wait',
      `--config=${site.kickerConfig}`,
      managedHost,
    ];
    const asked = async (argv: readonly string[]): Promise<number> => {
      const tookMs = await timeProcess(argv, plainEnvironment);
      await site.nextRunEnded();
      return tookMs;
    };
    const node = process.execPath;
    const [kicker = [], launched = [], idle = [], curl = []] = await interleave(
      [
        () => asked([node, join(dist, 'kicker.mjs'), ...kick]),
        () => asked([join(dist, 'bin', 'kicker'), ...kick]),
        () => timeProcess([node, '-e', '0'], plainEnvironment),
        () => asked(curlKick(site)),
      ],
      { rounds, warmUps: 3 },
    );
    const keys = key === 'ec' ? 'EC' : 'RSA-2048';
    const name = `one-shot kicker to 202, ${keys}`;
    return [
      compare(
        { name, unit: 'ms', goal: { what: 'ratio', most: 2.5 } },
        kicker,
        { name: 'node -e 0', samples: idle },
      ),
      compare({ name, unit: 'ms' }, kicker, { name: 'curl', samples: curl }),
      compare({ name: `${name}, by its launcher`, unit: 'ms' }, launched, {
        name: 'curl',
        samples: curl,
      }),
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

function curlKick(site: Site): string[] {
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
