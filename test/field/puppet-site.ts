import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locatePuppet, type PuppetPlaces } from '@kickd/mtls';
import type { Kick, Outcome, Run } from '@kickd/protocol';
import { createFakeCm, type FakeCm } from '@kickd/testkit';
import { parseConfig } from '../../packages/agent/src/config/parse.ts';
import { resolveSettings } from '../../packages/agent/src/config/settings.ts';
import { systemClock } from '../../packages/agent/src/io/system-clock.ts';
import type { RunnerState } from '../../packages/agent/src/ports.ts';
import { startRunner } from '../../packages/agent/src/start-runner.ts';

export interface PuppetSite {
  /** a fake of Puppet; `$REPORT` in its plan is where this Puppet keeps its last report, `$KICKD_RUN` the job id */
  puppet: FakeCm;
  places: PuppetPlaces;
  confFile: string;
  kick(more?: Partial<Kick>): Promise<Run & { outcome: Outcome }>;
  /** the output of a run, as `GET /run/ID/log` gives it */
  readLog(run: string): Promise<string>;
  state(): Promise<RunnerState>;
  /** of the last start */
  argv(): string[];
  close(): Promise<void>;
}

/**
 * kickd's runner with the profiles `puppet-agent` and `puppet-apply` as its configuration makes them, a puppet.conf of
 * its own, and a fake in Puppet's place.
 */
export function createPuppetSite(
  dir: string,
  binary?: string,
  conf = '',
): PuppetSite {
  const at = (name: string): string => join(dir, name);
  mkdirSync(at('cm'));
  mkdirSync(at('var/state'), { recursive: true });
  const confFile = at('puppet.conf');
  writeFileSync(confFile, `[main]\nvardir = ${at('var')}\n${conf}`);
  const puppet = createFakeCm(at('cm'));
  const file = binary ?? puppet.file;
  const parsed = parseConfig(
    `certname: web1.example.com
puppetConf: ${confFile}
state: ${at('kickd')}
run: {minIntervalSeconds: 0, freezeFile: ${at('freeze')}}
cm:
  profiles:
    puppet-agent: {type: puppet-agent, binary: ${file}, waitForLockSeconds: 1}
    puppet-apply: {type: puppet-apply, binary: ${file}, manifest: ${at('site.pp')}}
`,
    'kickd.yaml',
  );
  if (parsed.kind !== 'config') throw new Error('a configuration of the test');
  const places = locatePuppet({
    files: { readText: (path) => readFileSync(path, 'utf8') },
    env: { isRoot: true, hostname: 'web1.example.com' },
    confFile,
  });
  const settings = resolveSettings(parsed.config, places, {});
  const runner = startRunner(settings, {
    narrator: { tell: () => undefined },
    clock: systemClock,
  });
  let count = 0;
  return {
    puppet: {
      ...puppet,
      plan: (script) => {
        puppet.plan(`REPORT='${places.lastRunReport}'\n${script}`);
      },
    },
    places,
    confFile,
    kick: async (more = {}) => {
      count += 1;
      const taken = await runner.submit(
        {
          kick: `0193a000-0000-7000-8000-${String(count).padStart(12, '0')}`,
          certname: 'web1.example.com',
          ...more,
        },
        'monitor.example.com',
      );
      if (taken.kind !== 'accepted') throw new Error(taken.kind);
      const { signal } = new AbortController();
      const run = await runner.waitForEnd(taken.run.run, signal);
      if (run?.outcome === undefined) throw new Error('no outcome');
      return { ...run, outcome: run.outcome };
    },
    readLog: async (run) => {
      let text = '';
      const log = await runner.readLog(run, new AbortController().signal);
      for await (const chunk of log ?? [])
        text += Buffer.from(chunk).toString();
      return text;
    },
    state: () => runner.state(),
    argv: () =>
      readFileSync(at('cm/starts'), 'utf8')
        .trim()
        .split('\n')
        .at(-1)
        ?.split(' ')
        .slice(1) ?? [],
    close: () => runner.close(),
  };
}

/** Lines of a plan that leave this text as the report of the run, `JOB` in it replaced by its id. */
export function leaveReport(file: string): string {
  return `sed "s/JOB/$KICKD_RUN/" '${file}' >"$REPORT"`;
}
