import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { withSite } from './bench-site.ts';
import { createClient } from './client.ts';
import { interleave, timeProcess } from './measure.ts';
import { compare, type Row } from './row.ts';

/** What kickd gives the tool: a bare run must have the same. */
const toolEnvironment = {
  PATH: '/opt/puppetlabs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: userInfo().homedir,
};

const goal = { what: 'ratio', most: 1.05 } as const;

/**
 * The same command line through kickd and bare. With Puppet: `puppet apply` of a small manifest, its
 * own directories apart from the machine's. Without: a command that works for two seconds.
 */
export async function benchCmRun(rounds: number): Promise<Row[]> {
  const puppet = ['/opt/puppetlabs/bin/puppet', '/usr/bin/puppet'].find(
    isExecutable,
  );
  const tool = puppet === undefined ? 'a command of 2 s' : 'puppet apply';
  const profile = (dir: string): string =>
    puppet === undefined
      ? `{type: command, argv: [/bin/sleep, '2'], exitCodes: {'0': unchanged}}`
      : writePuppet(dir, puppet);
  return withSite({ key: 'ec', profile }, async (site) => {
    const client = createClient(site);
    const durations: number[] = [];
    const throughKickd = async (): Promise<number> => {
      const run = await client.kick();
      const acceptedMs = performance.now();
      await client.waitFor(run);
      const tookMs = performance.now() - acceptedMs;
      durations.push(await site.nextRunEnded());
      return tookMs;
    };
    const [kicked = [], bare = []] = await interleave(
      [
        throughKickd,
        // Under --detailed-exitcodes 0 is unchanged and 2 changed.
        () => timeProcess(site.lastCommand(), toolEnvironment, [0, 2]),
      ],
      { rounds, warmUps: 1 },
    );
    const peer = { name: 'bare', samples: bare };
    return [
      compare(
        { name: `${tool} by kickd, 202 to outcome`, unit: 'ms', goal },
        kicked,
        peer,
      ),
      compare(
        { name: `${tool} by kickd, its own durationMs`, unit: 'ms', goal },
        durations.slice(-rounds),
        peer,
      ),
    ];
  });
}

function writePuppet(dir: string, puppet: string): string {
  const confdir = join(dir, 'puppet-conf');
  const vardir = join(dir, 'puppet-var');
  mkdirSync(confdir);
  mkdirSync(vardir);
  const binary = join(dir, 'puppet');
  writeFileSync(
    binary,
    `#!/bin/sh
exec ${puppet} "$@" --confdir=${confdir} --vardir=${vardir} --rundir=${vardir}/run --logdir=${vardir}/log
`,
    { mode: 0o755 },
  );
  const manifest = join(dir, 'site.pp');
  writeFileSync(
    manifest,
    `file { '${dir}/motd': ensure => file, content => "kept by puppet\\n" }\n`,
  );
  return `{type: puppet-apply, binary: ${binary}, manifest: ${manifest}}`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
