import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locatePuppet } from '@kickd/mtls';
import { Outcome, type Uuid7 } from '@kickd/protocol';
import { Value } from 'typebox/value';
import { createProfiles } from '../../packages/agent/src/cm/profiles.ts';
import { parseConfig } from '../../packages/agent/src/config/parse.ts';
import { resolveSettings } from '../../packages/agent/src/config/settings.ts';
import type { CmProfile } from '../../packages/agent/src/ports.ts';
import { mutationsOf } from './mutations.ts';
import { expectTrue, type Target } from './target.ts';

const recorded = join(
  import.meta.dirname,
  '../../packages/agent/test/cm/recorded',
);
const run: Uuid7 = '0193a000-0000-7000-8000-00000000abcd';

/** One profile of each kind. */
function profiles(): ReadonlyMap<string, CmProfile> {
  const parsed = parseConfig(
    `cm:
  profiles:
    apply: {type: puppet-apply, manifest: /m}
    cfengine: {type: cfengine}
    ansible: {type: ansible-pull, url: 'https://x/p.git'}
    chef: {type: chef-client}
    salt: {type: salt-call}
    command: {type: command, argv: [/t], exitCodes: {'2': corrected}}
`,
    'kickd.yaml',
  );
  if (parsed.kind !== 'config') throw new Error('a configuration of the test');
  const places = locatePuppet({
    files: { readText: () => undefined },
    env: { isRoot: true, home: '/', hostname: 'web1' },
  });
  const settings = resolveSettings(parsed.config, places, {});
  return createProfiles(settings, { puppetBinary: '/p', home: '/' });
}

const all = [...profiles().values()];
const startedAt = new Date(0);
const exits = [...[0, 1, 2, 4, 6].map((exitCode) => ({ exitCode })), {}];
const ends = exits.flatMap((exit) =>
  [false, true].map((noop) => ({ ...exit, noop })),
);

function recordedBy(tools: string): string[] {
  return globSync(`${recorded}/${tools}/*`).map((file) =>
    readFileSync(file, 'utf8').slice(0, 16 * 1024),
  );
}

/**
 * What a tool leaves behind, under every profile and exit code: an outcome of the protocol, never an error. The
 * runner reads it as root.
 */
function reportsOf(
  name: string,
  samples: string[],
  words: string[],
  batch: number,
): Target {
  return {
    name,
    inputs: mutationsOf(samples, words),
    batch,
    play: (input) => {
      const text = Buffer.from(input).toString('utf8').replaceAll('RUN', run);
      // one end an input, chosen by it: all of them would be twelve times the work
      const end = ends[input.length % ends.length] ?? { noop: false };
      for (const profile of all) {
        const files = profile.evidenceFiles(run);
        const evidence = Object.fromEntries(
          Object.keys(files).map((file) => [file, text]),
        );
        const outcome = profile.outcome({ ...end, run, startedAt }, evidence);
        expectTrue(
          Value.Check(Outcome, outcome),
          `no outcome: ${JSON.stringify(outcome)}`,
        );
        profile.policy?.(evidence);
        profile.isLocked(evidence, () => true);
      }
    },
  };
}

const yaml = ['&a ', '*a', '!ruby/object:X ', '<<: *a', '- - - - ', '? ', ': '];
export const reports: Target[] = [
  reportsOf(
    "puppet's reports",
    [
      `--- !ruby/object:Puppet::Transaction::Report\njob_id: RUN\nstatus: changed\ntransaction_completed: true\nresource_statuses: {}\n`,
      ...recordedBy('puppet').map((text) =>
        text.replace(/job_id:.*/, 'job_id: RUN'),
      ),
    ],
    yaml,
    15,
  ),
  reportsOf(
    "other tools' reports",
    recordedBy('{salt-call,chef-client,cfengine,ansible-pull}'),
    [
      '_|-',
      ' verbose: A: Promise REPAIRED',
      'PLAY RECAP',
      ' resources updated',
    ],
    40,
  ),
];
