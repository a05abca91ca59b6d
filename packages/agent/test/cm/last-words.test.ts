import { locatePuppet } from '@kickd/mtls';
import t from 'tap';
import { lastWords } from '../../src/cm/last-words.ts';
import { createProfiles } from '../../src/cm/profiles.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { resolveSettings } from '../../src/config/settings.ts';

const trace = `Starting
Traceback (most recent call last):
  File "/usr/bin/x", line 3, in <module>
    import ansible

ModuleNotFoundError: No module named 'ansible'
`;
for (const [what, output, exitCode, wanted] of [
  [
    'a wrapper',
    '\n  \nrbenv: x: command not found\nmore\n',
    127,
    'rbenv: x: command not found',
  ],
  ['may not run', 'sh: x: Permission denied', 126, 'sh: x: Permission denied'],
  ['another code', 'rbenv: x: command not found\n', 1, undefined],
  ['a trace', trace, 1, "ModuleNotFoundError: No module named 'ansible'"],
  ['a trace that breaks off', trace.slice(0, 80), 1, undefined],
  ['nothing', '', 127, undefined],
  ['no output', undefined, 127, undefined],
] as const) {
  t.test(what, (t) => {
    t.equal(lastWords(output, exitCode), wanted);
    t.end();
  });
}

const parsed = parseConfig(
  `cm:
  profiles:
    cfengine: {type: cfengine}
    ansible: {type: ansible-pull, url: 'https://x/p.git'}
    chef: {type: chef-client}
    salt: {type: salt-call}
`,
  'kickd.yaml',
);
if (parsed.kind !== 'config') throw new Error('a configuration of the test');
const places = locatePuppet({
  files: { readText: () => undefined },
  env: { isRoot: true, home: '/', hostname: 'web1' },
});
const profiles = createProfiles(resolveSettings(parsed.config, places, {}), {
  puppetBinary: '/p',
  home: '/',
});
for (const name of ['cfengine', 'ansible', 'chef', 'salt']) {
  const judge = (output: string, exitCode: number) => {
    const profile = profiles.get(name);
    const run = '0193a000-0000-7000-8000-000000000001';
    const files = Object.entries(profile?.evidenceFiles(run) ?? {});
    const evidence = Object.fromEntries(
      // the output of a run is ID.log, and the only file that a wrapper leaves
      files.flatMap(([key, file]) =>
        file.endsWith(`/${run}.log`) ? [[key, output] as const] : [],
      ),
    );
    return profile?.outcome(
      { run, noop: false, exitCode, startedAt: new Date() },
      evidence,
    );
  };
  t.test(`${name}: a wrapper that found nothing`, (t) => {
    t.match(judge('rbenv: x: command not found\n', 127), {
      kind: 'not-started',
      code: 'spawn',
      exitCode: 127,
      reason: /could not be started.*rbenv: x: command not found/,
    });
    t.match(judge(trace, 1), {
      kind: 'failed',
      code: 'no-report',
      reason: "ModuleNotFoundError: No module named 'ansible'",
    });
    t.end();
  });
}

t.test("salt's own errors", (t) => {
  const salt = profiles.get('salt');
  for (const [said, reason] of [
    [
      '[WARNING ] careful\n[ERROR   ] The Salt Master has rejected this minion\n[ERROR   ] more\n',
      'The Salt Master has rejected this minion',
    ],
    ['[CRITICAL] no\tmaster\n', 'no master'],
    [
      'Usage: salt-call [options]\n\nsalt-call: error: no such option: --out-file\n',
      'no such option: --out-file',
    ],
    ['hello\n', /left no report/],
  ] as const) {
    t.match(
      salt?.outcome(
        { run: 'r', noop: false, exitCode: 2, startedAt: new Date() },
        { log: said },
      ),
      { kind: 'failed', code: 'no-report', reason },
    );
  }
  t.end();
});
