import { timeProcess } from './measure.ts';
import {
  withPuppetLike,
  type OwnShare,
  type PuppetLikeHost,
} from './puppet-like.ts';
import { compare, type Row } from './row.ts';

const goal = { what: 'median', most: 50 } as const;
const resources = 400;
const startNode = (): Promise<number> =>
  timeProcess([process.execPath, '-e', '0'], {});

/**
 * What kickd itself takes of a kick, before the tool and behind it, with a report of 400 resources; and what it costs a cold run
 * that there is a standby in the profile which cannot take it.
 */
export async function benchOwnShare(rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const changed of [1, resources]) {
    const report = { resources, changed };
    rows.push(
      ...(await withPuppetLike({ ...report, hasStandby: false }, (cold) =>
        withPuppetLike({ ...report, hasStandby: true }, (standing) =>
          changed === 1
            ? benchAll({ cold, standing }, rounds)
            : benchShares({ cold, standing }, changed, rounds),
        ),
      )),
    );
  }
  return rows;
}

interface Hosts {
  cold: PuppetLikeHost;
  standing: PuppetLikeHost;
}

async function benchAll(hosts: Hosts, rounds: number): Promise<Row[]> {
  return [
    ...(await benchShares(hosts, 1, rounds)),
    ...(await benchUnused(hosts, rounds)),
  ];
}

async function benchShares(
  { cold, standing }: Hosts,
  changed: number,
  rounds: number,
): Promise<Row[]> {
  const nodes: number[] = [];
  const bareStarts: number[] = [];
  const shares: Record<string, OwnShare[]> = {};
  const note = (what: string, share: OwnShare): void => {
    (shares[what] ??= []).push(share);
  };
  for (let round = -1; round < rounds; round += 1) {
    await standing.standbyReady();
    const node = await startNode();
    const bareStart = await cold.bareStart();
    const byItself = await cold.kick();
    const handedOver = await standing.kick();
    // the first one warms up
    if (round < 0) continue;
    nodes.push(node);
    bareStarts.push(bareStart);
    note('cold run', byItself);
    note('run of a standby', handedOver);
  }
  return Object.entries(shares).flatMap(([what, each]) => [
    ...(changed === 1
      ? [
          compare(
            {
              name: `${what}, kick to ${what === 'cold run' ? "the tool's first line" : 'its taking it'}`,
              unit: 'ms',
              goal,
            },
            each.map(({ before }) => before),
            { name: 'bare start of it', samples: bareStarts },
          ),
        ]
      : []),
    compare(
      {
        name: `${what}, end to outcome, ${String(changed)} of ${String(resources)} changed`,
        unit: 'ms',
        goal,
      },
      each.map(({ after }) => after),
      { name: '`node -e 0`', samples: nodes },
    ),
  ]);
}

/** Beside a profile without one: how much later the tool begins. */
async function benchUnused(
  { cold, standing }: Hosts,
  rounds: number,
): Promise<Row[]> {
  const colds: number[] = [];
  const more: Record<string, number[]> = {};
  for (let round = -1; round < rounds; round += 1) {
    const { before: usual } = await cold.kick();
    const note = (what: string, share: OwnShare): void => {
      if (round >= 0) (more[what] ??= []).push(share.before - usual);
    };
    await standing.standbyReady();
    for (const [what, ready] of [
      ['stale', 'stale'],
      ['busy', 'silent'],
    ] as const) {
      standing.behave({ ready });
      note(what, await standing.kick());
    }
    standing.behave({});
    // it takes this run, and the next one is not loaded yet
    await standing.kick();
    note('missing', await standing.kick());
    if (round >= 0) colds.push(usual);
  }
  const peer = { name: 'cold run', samples: colds };
  return Object.entries(more).map(([what, samples]) =>
    compare(
      {
        name: `standby is ${what}: later than a cold run by`,
        unit: 'ms',
        goal,
      },
      samples,
      peer,
    ),
  );
}
