import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '@kickd/protocol';
import t, { type Test } from 'tap';
import { createAnsiblePull } from '../../src/cm/ansible-pull.ts';
import { createCfengine } from '../../src/cm/cfengine.ts';
import { createChefClient } from '../../src/cm/chef-client.ts';
import { createCommand } from '../../src/cm/command.ts';
import { createDrill } from '../../src/cm/drill.ts';
import { createPuppetAgent } from '../../src/cm/puppet-agent.ts';
import { createPuppetApply } from '../../src/cm/puppet-apply.ts';
import { createSaltCall } from '../../src/cm/salt-call.ts';
import type { CmProfile, Evidence, ToolEnd } from '../../src/ports.ts';
import type { RunScope } from '../../src/run/scope.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const base = { services: {}, env: { PATH: '/usr/bin' } };

/** How one tool ends in each situation, as recorded. */
interface Tool {
  profile: CmProfile;
  /** of the recordings; undefined: the tool has no report but its exit code */
  folder?: string;
  extension?: string;
  exit: Record<Situation, number | 'SIGKILL'>;
  /** what the recordings put back: the first is the service */
  corrected: readonly string[];
  /** argument list of a plain run, of a noop run, and of each scope that the tool knows */
  argv: {
    plain: readonly string[];
    noop?: readonly string[];
    tags?: readonly string[];
    environment?: readonly string[];
  };
}

const situations = {
  unchanged: { kind: 'unchanged' },
  corrected: { kind: 'corrected' },
  partly: { kind: 'partly' },
  failed: { kind: 'failed' },
  noop: { kind: 'unchanged' },
  killed: { kind: 'failed', code: 'killed' },
  garbage: { kind: 'failed', code: 'no-report' },
  silence: { kind: 'failed', code: 'no-report' },
} as const;
type Situation = keyof typeof situations;

const agentOptions = [
  'agent',
  '--onetime',
  '--no-daemonize',
  '--no-splay',
  '--detailed-exitcodes',
  '--waitforcert=0',
  '--waitforlock=1',
  '--maxwaitforlock=300',
  '--color=false',
  '--logdest=console',
  '--logdest=syslog',
  '--no-show_diff',
  `--job-id=${run}`,
];
const applyOptions = [
  'apply',
  '--detailed-exitcodes',
  '--color=false',
  '--no-show_diff',
  `--lastrunreport=/s/runs/${run}.report.yaml`,
];
const cfOptions = ['--no-lock', '--verbose', '--color=never', '--define=kickd'];
const pullOptions = [
  '--url=https://git.example.com/policy.git',
  '--directory=/s/ansible',
  '--inventory=localhost,',
];
const chefOptions = [
  '--once',
  '--force-formatter',
  '--format=doc',
  '--no-color',
  '--run-lock-timeout=300',
];
const saltOptions = [
  '--retcode-passthrough',
  '--no-color',
  '--out=json',
  `--out-file=/s/runs/${run}.salt.json`,
  '--log-level=warning',
  'state.apply',
];
const puppetExit = {
  unchanged: 0,
  corrected: 2,
  partly: 6,
  failed: 4,
  noop: 0,
  killed: 'SIGKILL',
  garbage: 0,
  silence: 0,
} as const;
const zeroOr = (failure: number): Tool['exit'] => ({
  ...puppetExit,
  corrected: 0,
  partly: failure,
  failed: failure,
});

const tools: Tool[] = [
  {
    profile: createPuppetAgent({
      ...base,
      name: 'puppet-agent',
      binary: '/usr/bin/puppet',
      waitForLockSeconds: 300,
      files: { report: '/r', runLock: '/l', disabledLock: '/d', summary: '/s' },
      logDir: '/s/runs',
    }),
    folder: 'puppet',
    extension: 'yaml',
    exit: puppetExit,
    corrected: ['Service[apache2]'],
    argv: {
      plain: agentOptions,
      noop: [...agentOptions, '--noop'],
      tags: [...agentOptions, '--tags=db,web'],
      environment: [...agentOptions, '--environment=test'],
    },
  },
  {
    profile: createPuppetApply({
      ...base,
      name: 'puppet-apply',
      binary: '/usr/bin/puppet',
      manifest: '/etc/site.pp',
      reportDir: '/s/runs',
    }),
    folder: 'puppet',
    extension: 'yaml',
    exit: puppetExit,
    corrected: ['Service[apache2]'],
    argv: {
      plain: [...applyOptions, '/etc/site.pp'],
      noop: [...applyOptions, '--noop', '/etc/site.pp'],
      tags: [...applyOptions, '--tags=db,web', '/etc/site.pp'],
      environment: [...applyOptions, '--environment=test', '/etc/site.pp'],
    },
  },
  {
    profile: createCfengine({
      ...base,
      name: 'cfengine',
      binary: '/usr/bin/cf-agent',
      policy: '/etc/kick.cf',
      bundles: ['web', 'db'],
      logDir: '/s/runs',
    }),
    folder: 'cfengine',
    extension: 'txt',
    // whatever the promises came to
    exit: zeroOr(0),
    corrected: ['commands[web_runs]'],
    argv: {
      plain: [...cfOptions, '--file=/etc/kick.cf'],
      noop: [...cfOptions, '--dry-run', '--file=/etc/kick.cf'],
      // in the order of the configuration, since that is the order of the run
      tags: [...cfOptions, '--bundlesequence=web,db', '--file=/etc/kick.cf'],
    },
  },
  {
    profile: createAnsiblePull({
      ...base,
      name: 'ansible-pull',
      binary: '/usr/bin/ansible-pull',
      url: 'https://git.example.com/policy.git',
      directory: '/s/ansible',
      inventory: 'localhost,',
      playbook: 'local.yml',
      logDir: '/s/runs',
    }),
    folder: 'ansible-pull',
    extension: 'log',
    exit: zeroOr(2),
    corrected: ['task[the web service runs]'],
    argv: {
      plain: [...pullOptions, 'local.yml'],
      noop: [...pullOptions, '--check', 'local.yml'],
      tags: [...pullOptions, '--tags=db,web', '--skip-tags=never', 'local.yml'],
    },
  },
  {
    profile: createChefClient({
      ...base,
      name: 'chef-client',
      binary: '/usr/bin/chef-client',
      waitForLockSeconds: 300,
      logDir: '/s/runs',
    }),
    folder: 'chef-client',
    extension: 'txt',
    exit: zeroOr(1),
    corrected: ['service[apache2]'],
    argv: { plain: chefOptions, noop: [...chefOptions, '--why-run'] },
  },
  {
    profile: createSaltCall({
      ...base,
      name: 'salt-call',
      binary: '/usr/bin/salt-call',
      isLocal: false,
      states: ['web', 'db'],
      logDir: '/s/runs',
    }),
    folder: 'salt-call',
    extension: 'json',
    exit: zeroOr(2),
    corrected: ['service[apache2]'],
    argv: {
      plain: [...saltOptions, 'queue=True'],
      noop: [...saltOptions, 'queue=True', 'test=True'],
      tags: [...saltOptions, 'web,db', 'queue=True'],
      environment: [...saltOptions, 'queue=True', 'saltenv=test'],
    },
  },
  {
    profile: createCommand({
      ...base,
      name: 'command',
      argv: ['/usr/local/sbin/repair', '--now'],
      exitCodes: { 0: 'unchanged', 2: 'corrected', 6: 'partly', 4: 'failed' },
    }),
    exit: puppetExit,
    corrected: [],
    // a kick's scope reaches it in the environment alone
    argv: {
      plain: ['--now'],
      noop: ['--now'],
      tags: ['--now'],
      environment: ['--now'],
    },
  },
  {
    profile: createDrill({
      ...base,
      name: 'drill',
      argv: ['/usr/local/sbin/break-web', '--now'],
      exitCodes: { 0: 'unchanged', 2: 'corrected', 6: 'partly', 4: 'failed' },
      breaks: ['HTTP'],
      healer: createCommand({
        ...base,
        name: 'repair',
        argv: ['/usr/local/sbin/repair'],
        exitCodes: {},
      }),
    }),
    exit: puppetExit,
    corrected: [],
    argv: { plain: ['--now'] },
  },
];

const garbage = '\u0000\u001b]0;owned\u0007{"local": [[\n---\n- !x\n'.repeat(9);

function evidenceOf(tool: Tool, situation: Situation): Evidence {
  if (situation === 'garbage') return { report: garbage };
  const { folder = '', extension = '' } = tool;
  const file = join(
    import.meta.dirname,
    'recorded',
    folder,
    `${situation}.${extension}`,
  );
  if (!existsSync(file)) return {};
  const text = readFileSync(file, 'utf8');
  // recorded without a job id, which only `puppet agent` gives and wants
  return { report: text.replace(/^status:/m, `job_id: ${run}\nstatus:`) };
}

function endOf(tool: Tool, situation: Situation): ToolEnd {
  const exit = tool.exit[situation];
  return {
    run,
    noop: situation === 'noop',
    startedAt: new Date(),
    ...(exit === 'SIGKILL' ? { signal: exit } : { exitCode: exit }),
  };
}

function assertPrintable(t: Test, outcome: Outcome): void {
  t.match(JSON.stringify(outcome), /^[\u0020-\u007e]*$/);
}

for (const tool of tools) {
  const { profile } = tool;
  t.test(profile.name, (t) => {
    for (const situation of Object.keys(situations) as Situation[]) {
      const hasReport = tool.folder !== undefined;
      // a program of one's own has nothing but its exit code
      if (!hasReport && /garbage|silence/.test(situation)) continue;
      t.test(situation, (t) => {
        const outcome = profile.outcome(
          endOf(tool, situation),
          evidenceOf(tool, situation),
        );
        t.match(outcome, {
          ...situations[situation],
          // whose report is a file of its own, told apart from none at all
          ...(situation === 'garbage' &&
            tool.folder === 'puppet' && { code: 'report-unreadable' }),
        });
        t.equal(
          outcome.exitCode,
          typeof tool.exit[situation] === 'number'
            ? tool.exit[situation]
            : undefined,
        );
        const names = outcome.corrected.map(({ resource }) => resource);
        if (situation === 'corrected') t.same(names, tool.corrected);
        if (situation === 'partly' && hasReport) {
          t.ok(names.length > 0, 'what was put back is named');
        }
        if (/partly|failed/.test(situation) && hasReport) {
          t.equal(outcome.code, 'resources');
          t.ok(outcome.failed.length > 0, 'what failed is named');
          t.notSame(names, outcome.failed);
        }
        if (!/corrected|partly/.test(situation)) t.same(names, []);
        if (situation === 'noop' && hasReport) {
          t.ok((outcome.pending?.length ?? 0) > 0, 'the drift is named');
        }
        assertPrintable(t, outcome);
        t.end();
      });
    }

    t.test('what a noop run is told to have corrected', (t) => {
      for (const situation of ['corrected', 'partly'] as const) {
        const { exitCode: _, ...end } = endOf(tool, situation);
        const evidence = evidenceOf(tool, situation);
        const code = hasCodes(tool) ? tool.exit[situation] : 0;
        const outcome = profile.outcome(
          { ...end, noop: true, exitCode: Number(code) },
          evidence,
        );
        if (tool.folder === 'puppet') {
          // The policy may say `noop => false`: then Puppet's own report tells of a change.
          t.match(outcome, {
            kind: situation,
            code: situation === 'corrected' ? 'noop-ignored' : 'resources',
            corrected: [{ resource: 'Service[apache2]' }],
          });
          continue;
        }
        t.notMatch(outcome.kind, /corrected|partly/, situation);
        t.same(outcome.corrected, [], situation);
      }
      t.end();
    });

    t.test('adopted: nobody saw the exit code', (t) => {
      const end = { run, noop: false, startedAt: new Date() };
      const { folder } = tool;
      const told = profile.outcome(end, evidenceOf(tool, 'corrected'));
      // what has no report of its own is told as lost: see followAdopted
      if (folder === undefined) t.equal(told.code, 'killed');
      else t.equal(told.kind, 'corrected');
      t.match(profile.outcome(end, {}).code, /^(no-report|killed)$/);
      t.end();
    });

    t.test('the argument list is literal', (t) => {
      const { argv } = tool;
      const scopes: [keyof Tool['argv'], Partial<RunScope>][] = [
        ['plain', {}],
        ['noop', { noop: true }],
        ['tags', { tags: ['db', 'web'] }],
        ['environment', { environment: 'test' }],
      ];
      for (const [name, part] of scopes) {
        const scope = { cm: profile.name, noop: false, ...part };
        const wanted = argv[name];
        const unsupported = profile.unsupported?.(scope);
        if (wanted === undefined) {
          t.type(unsupported, 'string', `${name}: refused`);
          continue;
        }
        t.equal(unsupported, undefined, `${name}: not refused`);
        const command = profile.command(run, scope);
        t.same(command.argv, wanted, name);
        t.match(command.file, /^\//);
        t.equal(command.env['PATH'], '/usr/bin');
      }
      t.end();
    });
    t.end();
  });
}

/** Whether the exit code alone would speak of a correction. */
function hasCodes(tool: Tool): boolean {
  return tool.folder === undefined;
}

t.test('a name that this host does not list is refused', (t) => {
  for (const { profile } of tools) {
    const refused = profile.unsupported?.({
      cm: profile.name,
      noop: false,
      tags: ['web', 'decommission'],
    });
    if (/cfengine|salt-call/.test(profile.name)) {
      t.match(refused, /does not list decommission$/, profile.name);
    } else if (/chef-client|drill/.test(profile.name)) {
      t.type(refused, 'string');
    } else t.equal(refused, undefined, profile.name);
  }
  t.end();
});

t.test('foreign names are printable and bounded', (t) => {
  const evil = '\u001b[2J\u202e' + 'x'.repeat(500);
  const recap = 'h : ok=1 changed=1 unreachable=0 failed=0 ';
  const log = (line: string): string =>
    `2026-11-22 08:41:14,051 p=1 u=root n=ansible | ${line}\n`;
  const texts: Record<string, string> = {
    cfengine: ` verbose: A: Promise REPAIRED\n verbose: P: END files promise (${evil})\n verbose: Logging total compliance, total 'Outcome of version ${evil} (agent-0): P'\n`,
    'ansible-pull': `${log('PLAY [all] **')}${log(`TASK [${evil}] ***`)}${log('changed: [h]')}${log('PLAY RECAP **')}${log(recap)}`,
    'chef-client': `  * file[${evil}] action create\n    - ${evil}\nInfra Phase complete, 1/1 resources updated in 01 seconds\n`,
    'salt-call': JSON.stringify({
      local: {
        [`${evil}_|-a_|-b_|-c`]: {
          name: evil,
          result: true,
          changes: { a: 1 },
        },
      },
    }),
  };
  for (const { profile } of tools) {
    const report = texts[profile.name];
    if (report === undefined) continue;
    const outcome = profile.outcome(
      { run, noop: false, startedAt: new Date(), exitCode: 0 },
      { report },
    );
    t.equal(outcome.kind, 'corrected', profile.name);
    t.ok((outcome.corrected[0]?.resource.length ?? 999) <= 200);
    assertPrintable(t, outcome);
  }
  t.end();
});
