import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Because } from '@kickd/protocol';
import {
  createFakeCm,
  createFakeStandby,
  healReportOf,
  type FakeStandbyPlan,
} from '@kickd/testkit';
import { asItsUnit, withSite } from './bench-site.ts';
import { createClient } from './client.ts';
import { reportOf } from './make-report.ts';
import { timeProcess } from './measure.ts';

const because: Because = { monitor: 'bench', service: 'HTTP' };
const service = 'Service[apache2]';

/** Milliseconds of one run that are kickd's. */
export interface OwnShare {
  /** from the first byte of the request to the first line of the tool, or to the moment at which a standby takes the run */
  before: number;
  /** from the last line of the tool to the outcome in the hands of a client that waits for it */
  after: number;
}

export interface PuppetLikeHost {
  kick(): Promise<OwnShare>;
  /** Milliseconds from a bare start of the same tool to its first line. */
  bareStart(): Promise<number>;
  /** Resolves when a standby waits. */
  standbyReady(): Promise<void>;
  behave(how: Pick<FakeStandbyPlan, 'ready'>): void;
}

export interface PuppetLike {
  hasStandby: boolean;
  /** of the report */
  resources: number;
  changed: number;
}

/**
 * kickd, both halves as their units start them, with a profile of `puppet agent` whose Puppet is a shell script: it writes down
 * when it begins and ends, and leaves a report.
 */
export function withPuppetLike<Result>(
  { hasStandby, resources, changed }: PuppetLike,
  measure: (host: PuppetLikeHost) => Promise<Result>,
): Promise<Result> {
  let standby: { behave(how: FakeStandbyPlan): void } | undefined;
  const options = {
    key: 'ec',
    kickd: asItsUnit,
    isSplit: true,
    puppetConf: writePuppetConf,
    profile: (dir: string) => {
      standby = writeTool(dir, { resources, changed });
      return `{type: puppet-agent, binary: ${dir}/tool/puppet, standby: ${String(hasStandby)}, services: {HTTP: ['${service}']}}`;
    },
  } as const;
  return withSite(options, async (site, dir) => {
    const client = createClient(site);
    const behave = (how: FakeStandbyPlan): void =>
      standby?.behave({
        ...how,
        heal: healReportOf(service),
        run: [join(dir, 'tool', 'ruby'), 'ordinary'],
      });
    behave({});
    const at = (name: 'begun' | 'ended'): number =>
      Number(readFileSync(join(dir, name), 'utf8')) * 1000;
    const host: PuppetLikeHost = {
      behave,
      bareStart: async () => {
        const startedAtMs = Date.now();
        await timeProcess([join(dir, 'tool', 'puppet')], {}, [2]);
        return at('begun') - startedAtMs;
      },
      kick: async () => {
        const { askedAtMs, run } = await client.kickAt(because);
        const text = await client.waitFor(run);
        const toldAtMs = Date.now();
        if (!/"kind":\s*"(corrected|changed)"/.test(text))
          throw new Error(text);
        return {
          before: (takenAtMs(dir, run) ?? at('begun')) - askedAtMs,
          after: toldAtMs - at('ended'),
        };
      },
      standbyReady: async () => {
        const folder = join(dir, 'standby');
        const isThere = (): boolean =>
          existsSync(folder) &&
          readdirSync(folder).some((name) => name.endsWith('.sock'));
        while (!isThere()) await sleep(20);
      },
    };
    return measure(host);
  });
}

/** A standby makes this file before anything else; undefined: the run was cold. @param run its path */
function takenAtMs(dir: string, run: string): number | undefined {
  const file = join(dir, 'state', 'runs', `${basename(run)}.log.taken`);
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

const vardirOf = (dir: string): string => join(dir, 'puppet-var');

function writePuppetConf(dir: string): string {
  const file = join(dir, 'puppet.conf');
  const vardir = vardirOf(dir);
  mkdirSync(vardir, { recursive: true });
  writeFileSync(
    file,
    `[main]
vardir = ${vardir}
statedir = ${vardir}
publicdir = ${vardir}
rundir = ${vardir}
ssldir = ${vardir}/ssl
lastrunreport = ${vardir}/report.yaml
`,
  );
  return file;
}

function writeTool(
  dir: string,
  { resources, changed }: Pick<PuppetLike, 'resources' | 'changed'>,
): { behave(how: FakeStandbyPlan): void } {
  const tools = join(dir, 'tool');
  mkdirSync(tools);
  const template = join(dir, 'report.yaml');
  const more = 'job_id: RUN\ncached_catalog_status: not_used\n';
  writeFileSync(template, reportOf(resources, { changed, more }));
  const cm = createFakeCm(tools);
  // bash tells the time without another process
  cm.plan(`sed "s/^job_id: RUN/job_id: $KICKD_RUN/" ${template} >${vardirOf(dir)}/report.yaml
exec /bin/bash -c 'echo "$EPOCHREALTIME" >${dir}/ended; exit 2'`);
  const standby = createFakeStandby(tools);
  // kickd finds the Ruby that a standby is started with in the first line of `puppet`
  const ruby = join(tools, 'ruby');
  writeFileSync(
    ruby,
    `#!/bin/bash
begun=$EPOCHREALTIME
case $1 in *kickd_standby.rb) exec ${standby.file} "$@" ;; esac
echo "$begun" >${dir}/begun
exec ${cm.file} "$@"
`,
  );
  const puppet = join(tools, 'puppet');
  writeFileSync(puppet, `#!${ruby}\n`);
  for (const file of [ruby, puppet]) chmodSync(file, 0o755);
  return standby;
}
