import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createCfengine } from '../../src/cm/cfengine.ts';
import { parseCfengineOutput } from '../../src/cm/cfengine-output.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const profile = createCfengine({
  name: 'cfengine',
  services: {},
  binary: '/usr/bin/cf-agent',
  env: {},
  bundles: [],
  logDir: '/s/runs',
});
const recorded = (name: string): string =>
  readFileSync(
    join(import.meta.dirname, 'recorded/cfengine', `${name}.txt`),
    'utf8',
  );
const end = (exitCode: number, noop = false) => ({
  run,
  noop,
  exitCode,
  startedAt: new Date(),
});

t.test(
  'a policy that does not validate: exit 0, and another policy ran',
  (t) => {
    t.match(profile.outcome(end(0), { report: recorded('failsafe') }), {
      kind: 'failed',
      code: 'policy',
      reason: /did not validate.*syntax error/,
      corrected: [],
    });
    t.end();
  },
);

t.test('ended by TERM: exit 0, and no last line', (t) => {
  t.match(profile.outcome(end(0), { report: recorded('term') }), {
    kind: 'failed',
    code: 'no-report',
    corrected: [],
  });
  t.end();
});

t.test('a bundle that the policy lacks', (t) => {
  t.match(profile.outcome(end(1), { report: recorded('no-bundle') }), {
    kind: 'failed',
    code: 'no-report',
    reason: "Bundle 'nobundle' listed in the bundlesequence was not found",
    exitCode: 1,
  });
  const adopted = { run, noop: false, startedAt: new Date() };
  t.match(profile.outcome(adopted, { report: recorded('no-bundle') }), {
    code: 'no-report',
  });
  t.end();
});

t.test('a dry run tells both what it would repair and what it cannot', (t) => {
  const outcome = profile.outcome(end(0, true), { report: recorded('noop') });
  t.same(
    outcome.pending?.map(({ resource }) => resource),
    ['commands[web_runs]', 'files[/srv/web/motd]'],
  );
  t.equal(outcome.kind, 'unchanged');
  t.end();
});

t.test('the version of the policy', (t) => {
  const { configVersion } = parseCfengineOutput(recorded('corrected'));
  t.equal(configVersion, '2026.11');
  t.end();
});

const verdict = (what: string, type: string, name: string): string =>
  ` verbose: A: Promise ${what}\n verbose: P: END ${type} promise (${name})\n`;

t.test('a promiser that cf-agent cuts is told in full', (t) => {
  const long = '/opt/a/very/long/folder/name/bin/webctl';
  const begin = (path: string, type: string): string =>
    ` verbose: P: BEGIN promise 'promise_kick_cf_8' of type "${type}" (pass 1)\n verbose: P:    Stack path: /default/main/${path}'[1]\n`;
  const text =
    begin("methods/'web", 'methods') +
    begin(`methods/'web'/default/web/commands/'${long}`, 'commands') +
    verdict('REPAIRED', 'commands', `${long.slice(0, 30)}...`) +
    verdict('NOT KEPT!', 'methods', 'web');
  t.match(parseCfengineOutput(text), {
    changes: [`commands[${long}]`],
    failures: ['methods[web]'],
  });
  t.end();
});

for (const [name, text, changes, failures, completed] of [
  [
    'nothing was looked at',
    " verbose: Outcome of version '1.2', no checks were scheduled\n",
    [],
    [],
    true,
  ],
  [
    'a call repeats what its bundle did',
    verdict('REPAIRED', 'files', '/f') + verdict('REPAIRED', 'methods', 'm'),
    ['files[/f]'],
    [],
    false,
  ],
  [
    'a call alone',
    verdict('NOT KEPT!', 'methods', 'm'),
    [],
    ['methods[m]'],
    false,
  ],
  [
    'kept',
    ' verbose: A: Promise was KEPT\n verbose: P: END files promise (/f)\n',
    [],
    [],
    false,
  ],
  [
    'the summary of a bundle is no verdict',
    " verbose: A: Promises repaired in 'main' = 2\n",
    [],
    [],
    false,
  ],
  [
    'a command cannot forge a verdict: its output is quoted',
    '  notice: Q: "/bin/x":  verbose: A: Promise REPAIRED\nQ: "/bin/x":  verbose: P: END commands promise (/bin/x)\n',
    [],
    [],
    false,
  ],
] as const) {
  t.test(name, (t) => {
    t.match(parseCfengineOutput(text), { changes, failures, completed });
    t.end();
  });
}

t.test('a promiser of several lines', (t) => {
  const text = ` verbose: P: BEGIN promise 'promise_kick_cf_8' of type "commands" (pass 1)
 verbose: P:    Stack path: /default/main/commands/'/bin/sh -c "one
two"'[1]
${verdict('REPAIRED', 'commands', '/bin/sh -c "one\ntwo"')}`;
  t.match(parseCfengineOutput(text), {
    changed: 1,
    changes: ['commands[/bin/sh -c "one]'],
  });
  t.end();
});

t.test('letters and brackets of a promiser', (t) => {
  const name = "/srv/é 日本 (x)'[1]";
  const text = ` verbose: P: BEGIN promise 'promise_kick_cf_8' of type "files" (pass 1)
 verbose: P:    Stack path: /default/main/files/'${name}'[1]
${verdict('NOT KEPT!', 'files', name)}`;
  t.match(parseCfengineOutput(text), { failures: [`files[${name}]`] });
  t.end();
});
