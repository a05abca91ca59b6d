import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '@kickd/protocol';
import { issueForNagios } from '../test/real/lab/certs.ts';
import { runCommand } from '../test/real/lab/command.ts';
import {
  auditorName,
  standbyFolder,
  startKickd,
  type Kickd,
} from '../test/real/lab/kickd.ts';
import { startLab, type Lab } from '../test/real/lab/lab.ts';
import { stateFolder } from '../test/real/lab/places.ts';
import { writeSite } from '../test/real/lab/policy.ts';
import { runAgent } from '../test/real/lab/puppet.ts';
import { readyStandby } from '../test/real/lab/standby.ts';
import { interleave, type Contender } from './measure.ts';
import { isHere, until } from './monitor-rows.ts';
import { compare, type Row } from './row.ts';

const because = { monitor: 'nagios', host: 'web1', service: 'HTTP' };

const missing = (): string[] =>
  [
    ['puppet-agent', '/usr/bin/puppet'],
    ['puppetserver', '/usr/bin/puppetserver'],
    ['apache2', '/usr/sbin/apache2'],
  ].flatMap(([name = '', file = '']) => (existsSync(file) ? [] : [name]));

/** Milliseconds from the kick, or from the start of a cold run. */
interface Healed {
  up: number;
  known: number;
  /** processor time of the tool until the outcome of the repair is known */
  cpu: number;
}

/**
 * Apache is killed with -9 on a host with a catalog of 400 resources: a kick with a standby, and a bare cold run of
 * `puppet agent --onetime`, by turns. Once with a start command that returns at once, once with Debian's init script, which
 * sleeps a second before it looks in most runs.
 */
export async function benchStandbyHeal(rounds: number): Promise<Row[]> {
  if (!isHere('standby heal', missing())) return [];
  const lab = await startLab({ ca: 'own' });
  try {
    const kickd = await startKickd({
      agentFiles: lab.agentFiles,
      auditorFiles: await issueForNagios(auditorName),
      standby: { HTTP: ['Service[apache2]'] },
    });
    try {
      return [
        ...(await rowsOf('', prompt, lab, kickd, rounds)),
        ...(await rowsOf(', init script', '', lab, kickd, rounds)),
      ];
    } finally {
      await kickd.close();
    }
  } finally {
    await lab.close();
  }
}

/** A start command that returns once Apache has forked. */
const prompt = `
  Service <| title == 'apache2' |> {
    provider => 'base',
    start    => '/usr/sbin/apache2ctl start',
    status   => '/bin/sh -c "kill -0 $(cat /run/apache2/apache2.pid)"',
  }
`;

/** With class httpd, its package and service: some 400 resources, of the kinds of an ordinary host. */
async function bulk(): Promise<string> {
  const { output } = await runCommand('/usr/bin/dpkg-query', [
    '-W',
    '-f',
    '${db:Status-Abbrev} ${Package}\n',
  ]);
  const packages = output
    .split('\n')
    .flatMap((line) => /^ii {2}([a-z][a-z0-9.-]+)$/.exec(line)?.[1] ?? [])
    .filter((name) => name !== 'apache2')
    .slice(0, 60);
  const folder = join(stateFolder, 'bulk');
  return `
  file { '${folder}': ensure => directory }
  Integer[1, 20].each |$d| {
    file { "${folder}/\${d}": ensure => directory }
    Integer[1, 14].each |$f| {
      file { "${folder}/\${d}/\${f}.conf": content => "setting = \${d}\\nother = \${f}\\n", mode => '0640' }
    }
    exec { "/usr/bin/touch ${folder}/\${d}/done": unless => "/usr/bin/test -e ${folder}/\${d}/done", require => File["${folder}/\${d}"] }
  }
  package { ${JSON.stringify(packages)}: ensure => installed }
`;
}

async function rowsOf(
  start: string,
  policy: string,
  lab: Lab,
  kickd: Kickd,
  rounds: number,
): Promise<Row[]> {
  await writeSite(policy + (await bulk()));
  const { exitCode, output } = await runAgent();
  if (exitCode !== 0 && exitCode !== 2) throw new Error(output);
  await lab.apache.waitUp({ timeoutMs: 30_000 });
  const ours: Healed[] = [];
  const bare: Healed[] = [];
  const into =
    (list: Healed[], heal: () => Promise<Healed>): Contender =>
    async () => {
      const healed = await heal();
      list.push(healed);
      return healed.up;
    };
  await interleave(
    [
      into(ours, () => healByStandby(lab, kickd)),
      into(bare, () => healCold(lab)),
    ],
    { rounds, warmUps: 1 },
  );
  const of = (list: Healed[], what: keyof Healed): number[] =>
    list.slice(1).map((healed) => healed[what]);
  const row = (what: keyof Healed, name: string, most: number): Row =>
    compare(
      {
        name: `standby heal: ${name}${start}`,
        unit: 'ms',
        // a second of the init script's sleep is in both
        ...(start === '' && { goal: { what: 'ratio', most } }),
      },
      of(ours, what),
      { name: 'cold run', samples: of(bare, what) },
    );
  return [
    row('up', 'service up', 0.1),
    row('known', 'outcome known', 0.15),
    row('cpu', 'processor time after the kick', 0.15),
  ];
}

async function healByStandby(lab: Lab, kickd: Kickd): Promise<Healed> {
  const { pid } = await readyStandby(standbyFolder);
  await lab.apache.crash();
  const cpuBefore = cpuOf(pid);
  const startedMs = performance.now();
  const since = (): number => performance.now() - startedMs;
  const asked = await kickd.ask({ because });
  const knowing = kickd.waitHealed(asked.run).then((run: Run) => {
    if (run.healed === undefined) throw new Error('nothing was healed ahead');
    return { known: since(), cpu: cpuOf(pid) - cpuBefore };
  });
  const up = await answering(lab, since);
  const { known, cpu } = await knowing;
  await kickd.waitEnd(asked.run);
  return { up, known, cpu };
}

async function healCold(lab: Lab): Promise<Healed> {
  // it would be loading, on the same cores
  await readyStandby(standbyFolder);
  await lab.apache.crash();
  const cpuBefore = cpuOfChildren('self');
  const startedMs = performance.now();
  const since = (): number => performance.now() - startedMs;
  const running = runAgent().then(since);
  const up = await answering(lab, since);
  const known = await running;
  return { up, known, cpu: cpuOfChildren('self') - cpuBefore };
}

function answering(lab: Lab, since: () => number): Promise<number> {
  return until(
    'answer of Apache',
    async () => ((await lab.apache.isUp()) ? since() : undefined),
    { everyMs: 5 },
  );
}

/** @see proc(5), /proc/PID/stat, fields 14 to 17; milliseconds, of ticks of 10 */
function cpuFields(pid: number | 'self'): number[] {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map((ticks) => Number(ticks) * 10);
}

/** Of a process and of all its children that have ended. */
function cpuOf(pid: number): number {
  return cpuFields(pid).reduce((sum, ms) => sum + ms, 0);
}

function cpuOfChildren(pid: 'self'): number {
  const [, , user = 0, system = 0] = cpuFields(pid);
  return user + system;
}
