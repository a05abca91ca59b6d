/**
 * What a standby leaves is what a cold run leaves: the same random drift twice on one host, put right by a cold run and by a
 * standby in turn. Compared are the outcome with its exit code, every resource's status, the host itself, and what Puppet
 * remembers. `KICKD_DRIFTS=50 KICKD_SEED=7 npx tap run --timeout=7200 test/real/standby-equality.test.ts` tries more.
 */
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Run } from '@kickd/protocol';
import { createRandom } from '@kickd/testkit';
import t from 'tap';
import { issueForNagios } from './lab/certs.ts';
import {
  auditorName,
  runsFolder,
  standbyFolder,
  startKickd,
  type Kickd,
} from './lab/kickd.ts';
import { startLab, type Lab } from './lab/lab.ts';
import { puppetPaths, stateFolder } from './lab/places.ts';
import { writeSite } from './lab/policy.ts';
import { runAgent } from './lab/puppet.ts';
import { readyStandby } from './lab/standby.ts';

const drifts = Number(process.env['KICKD_DRIFTS'] ?? 4);
const seed = Number(process.env['KICKD_SEED'] ?? Date.now() % 1_000_000);
const twin = join(stateFolder, 'twin');
const store = join(puppetPaths.cache, 'state/transactionstore.yaml');
const because = { monitor: 'nagios', host: 'web1', service: 'HTTP' };
const files = Array.from({ length: 12 }, (_, at) => join(twin, `f${at}`));

const policy = `
  file { '${twin}': ensure => directory, mode => '0755' }
  Integer[0, ${files.length - 1}].each |$n| {
    file { "${twin}/f\${n}": content => "right \${n}\\n", mode => '0644' }
    exec { "/usr/bin/touch ${twin}/marker\${n}": creates => "${twin}/marker\${n}", require => File['${twin}'] }
  }
  exec { 'told':
    command     => '/bin/sh -c "echo told >> ${twin}/told"',
    refreshonly => true,
    subscribe   => Service['apache2'],
  }
`;

/** One thing that is not as it should be. */
interface Drift {
  what: string;
  make(): void;
  /** takes away what no run puts right */
  undo?(): void;
}

/** Each on a file of its own. */
type Kind = (file: string, n: number) => Drift;
const kinds: readonly [Kind, ...Kind[]] = [
  (file) => ({ what: 'content', make: () => writeFileSync(file, 'drift') }),
  (file) => ({ what: 'mode', make: () => chmodSync(file, 0o600) }),
  (file) => ({ what: 'gone', make: () => rmSync(file) }),
  (_, n) => ({
    what: 'marker gone',
    make: () => rmSync(join(twin, `marker${n}`)),
  }),
  (file) => ({
    what: 'a folder in its place',
    make: () => {
      rmSync(file);
      mkdirSync(join(file, 'full'), { recursive: true });
    },
    undo: () => rmSync(file, { recursive: true, force: true }),
  }),
];

await t.test('a standby leaves what a cold run leaves', async (t) => {
  const lab = await startLab({ ca: 'own' });
  t.teardown(() => lab.close());
  const kickd = await startKickd({
    agentFiles: lab.agentFiles,
    auditorFiles: await issueForNagios(auditorName),
    standby: { HTTP: ['Service[apache2]'] },
  });
  t.teardown(() => kickd.close());
  rmSync(twin, { recursive: true, force: true });
  await writeSite(policy);
  const first = await runAgent();
  if (first.exitCode !== 2) throw new Error(first.output);
  const random = createRandom(seed);
  let differing = 0;
  for (let n = 0; n < drifts; n += 1) {
    const chosen = files
      .filter(() => random.chance(0.3))
      .map((file) => random.pick(kinds)(file, files.indexOf(file)));
    const isKilled = random.chance(0.5);
    const cold = await repair({ lab, kickd, chosen, isKilled, cm: 'cold' });
    const warm = await repair({ lab, kickd, chosen, isKilled });
    const names = chosen.map(({ what }) => what).join(', ');
    const isSame = t.strictSame(warm, cold, `drift ${n + 1}: ${names}`);
    if (!isSame) differing += 1;
  }
  t.comment(`drifts ${drifts}, differing ${differing} (seed ${seed})`);
  t.equal(differing, 0);
});

/** What a repair has left. */
interface Left {
  outcome: unknown;
  statuses: Record<string, Status>;
  host: string[];
  remembered: string[];
}

async function repair(asked: {
  lab: Lab;
  kickd: Kickd;
  chosen: readonly Drift[];
  isKilled: boolean;
  /** left out: the profile with a standby */
  cm?: string;
}): Promise<Left> {
  const { lab, kickd, chosen, isKilled, cm } = asked;
  // also before a cold run: it would be loading meanwhile
  await readyStandby(standbyFolder);
  rmSync(join(twin, 'told'), { force: true });
  for (const drift of chosen) drift.make();
  await (isKilled ? lab.apache.crash() : lab.apache.stop());
  const run = await kickd.kick({ because, ...(cm !== undefined && { cm }) });
  if (cm === undefined && run.healed === undefined)
    throw new Error(`not healed ahead: ${JSON.stringify(run)}`);
  const left: Left = {
    outcome: outcomeOf(run),
    statuses: statusesOf(run),
    host: [
      `apache is up: ${await lab.apache.isUp()}`,
      ...readdirSync(twin, { recursive: true, encoding: 'utf8' })
        .toSorted()
        .map(describe),
    ],
    remembered: readFileSync(store, 'utf8').split('\n').toSorted(),
  };
  for (const drift of chosen) drift.undo?.();
  if (chosen.some(({ undo }) => undo !== undefined)) await runAgent();
  return left;
}

function describe(name: string): string {
  const { mode } = statSync(join(twin, name));
  const isFolder = statSync(join(twin, name)).isDirectory();
  const content = isFolder ? '' : readFileSync(join(twin, name), 'utf8');
  return `${name} ${mode.toString(8)} ${content}`;
}

function outcomeOf({ outcome }: Run): unknown {
  if (outcome === undefined) return undefined;
  const { kind, exitCode, matched, corrected, failed } = outcome;
  const inOrder = (entries: readonly unknown[]): string[] =>
    entries.map((entry) => JSON.stringify(entry)).toSorted();
  return {
    kind,
    exitCode,
    matched,
    corrected: inOrder(corrected),
    failed: inOrder(failed),
  };
}

interface Status {
  changed: boolean;
  failed: boolean;
  skipped: boolean;
  out_of_sync: boolean;
  corrective_change: boolean;
}

/** Of the run; with a first step, what either of its two reports says, and whether it failed by the second. */
function statusesOf({ run, healed }: Run): Record<string, Status> {
  const last = readStatuses(puppetPaths.report);
  if (healed === undefined) return Object.fromEntries(last);
  const first = readStatuses(join(runsFolder, `${run}.heal.yaml`));
  return Object.fromEntries(
    [...last].map(([name, then]) => {
      const before = first.get(name);
      return [
        name,
        {
          ...then,
          changed: then.changed || before?.changed === true,
          out_of_sync: then.out_of_sync || before?.out_of_sync === true,
          corrective_change:
            then.corrective_change || before?.corrective_change === true,
        },
      ];
    }),
  );
}

/** By line, sharing no code with kickd: a resource begins in column 2, its facts stand in column 4. */
function readStatuses(file: string): Map<string, Status> {
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf('\nresource_statuses:');
  const end = text.slice(from + 1).search(/\n[a-z]/);
  const part = text.slice(from, end < 0 ? undefined : from + 1 + end);
  return new Map(
    part
      .split(/\n {2}(?=\S)/)
      .slice(1)
      .map((entry) => {
        const says = (fact: string): boolean =>
          new RegExp(`^ {4}${fact}: true$`, 'm').test(entry);
        const name = entry.split('\n')[0]?.replace(/: !ruby.*$/, '') ?? '';
        return [
          name,
          {
            changed: says('changed'),
            failed: says('failed'),
            skipped: says('skipped'),
            out_of_sync: says('out_of_sync'),
            corrective_change: says('corrective_change'),
          },
        ];
      }),
  );
}
