import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { locatePuppet } from '@kickd/mtls';
import { Outcome, type Uuid7 } from '@kickd/protocol';
import { Value } from 'typebox/value';
import { createProfiles } from '../../packages/agent/src/cm/profiles.ts';
import { parseConfig } from '../../packages/agent/src/config/parse.ts';
import { resolveSettings } from '../../packages/agent/src/config/settings.ts';
import type { CmProfile, ToolEnd } from '../../packages/agent/src/ports.ts';
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
    inputs: mutationsOf(samples, words, { ofLines: true }),
    batch,
    play: (input) => {
      const text = Buffer.from(input).toString('utf8').replaceAll('RUN', run);
      // one end an input, chosen by it: all of them would be twelve times the work
      const end = ends[input.length % ends.length] ?? { noop: false };
      for (const profile of all) {
        const files = profile.evidenceFiles(run);
        const evidence = Object.fromEntries(
          ['report', ...Object.keys(files)].map((file) => [file, text]),
        );
        const ended: ToolEnd = { ...end, run, startedAt, isAlive: () => true };
        const outcome = profile.outcome(ended, evidence);
        playInPieces(profile, ended, text, evidence, outcome);
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

/** Whatever the pieces in which a report comes, it is the same report. */
function playInPieces(
  profile: CmProfile,
  end: ToolEnd,
  text: string,
  evidence: Record<string, string>,
  whole: Outcome,
): void {
  const streamed = profile.streamed?.(run);
  if (streamed === undefined) return;
  const bytes = Buffer.from(text);
  const most = 1 + (bytes.length % 500);
  for (let at = 0; at < bytes.length; at += most) {
    streamed.take(bytes.subarray(at, at + most));
  }
  const outcome = streamed.outcome(end, evidence, { kind: 'read' });
  expectTrue(
    isDeepStrictEqual(outcome, whole),
    `in pieces of ${String(most)}: ${JSON.stringify([outcome, whole])}`,
  );
}

const yaml = [
  ...['&a ', '*a', '!ruby/object:X ', '<<: *a', '- - - - ', '? ', ': '],
  ...[
    '!binary |-\n',
    '|2-\n',
    '>+\n',
    '"',
    "'",
    '\n---\n',
    '\n...\n',
    '\u0085',
  ],
  ...['status: success\n', 'failed: true\n', 'events:\n', '- level: err\n'],
];
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
    recordedBy('{salt-call,chef-client,cfengine,ansible-pull,ansible-report}'),
    [
      '_|-',
      ' verbose: A: Promise REPAIRED',
      'PLAY RECAP',
      ' resources updated',
      '] action run',
      '[ERROR]: ',
      '{"is": "end"}',
    ],
    40,
  ),
];
