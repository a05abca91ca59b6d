import t from 'tap';
import {
  environmentNames,
  systemdRunArguments,
  unitOf,
  type UnitPlan,
} from '../../src/io/unit-command.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const plan = (more: Partial<UnitPlan> = {}): UnitPlan => ({
  command: {
    file: '/usr/bin/puppet',
    argv: ['agent', '--onetime'],
    env: { PATH: '/usr/bin:/bin', KICKD_RUN: run },
  },
  run,
  outputFile: `/var/lib/kickd/runs/${run}.log`,
  endFile: `/run/kickd/ends/${run}.end`,
  graceMs: 10_000,
  managerNames: [],
  ...more,
});

t.test('the whole list of arguments', (t) => {
  t.same(systemdRunArguments(plan()), [
    '--quiet',
    '--no-ask-password',
    '--collect',
    `--unit=kickd-run-${run}.service`,
    `--description=kickd run ${run}`,
    '--property=Type=exec',
    '--property=WorkingDirectory=/',
    '--property=StandardInput=null',
    `--property=StandardOutput=append:/var/lib/kickd/runs/${run}.log`,
    '--property=StandardError=inherit',
    '--property=UMask=0022',
    '--property=KillMode=process',
    '--property=SendSIGKILL=yes',
    '--property=TimeoutStopSec=10000ms',
    '--property=OOMPolicy=continue',
    '--property=IgnoreSIGPIPE=no',
    `--property=ExecStopPost=/bin/ln -s "\${EXIT_CODE}:\${EXIT_STATUS}" "/run/kickd/ends/${run}.end"`,
    '--setenv=PATH=/usr/bin:/bin',
    `--setenv=KICKD_RUN=${run}`,
    '--',
    '/usr/bin/puppet',
    'agent',
    '--onetime',
  ]);
  t.equal(unitOf(run), `kickd-run-${run}.service`);
  t.end();
});

t.test('a probe is confined, and ends by itself', (t) => {
  const job = `probe-${run}`;
  const confined = {
    user: 'nobody',
    ids: { uid: 65534, gid: 65534 },
    mostMs: 10_000,
  };
  t.same(
    systemdRunArguments(
      plan({
        command: { file: '/p', argv: ['-H', 'x'], env: {}, confined },
        run: job,
        outputFile: '/var/lib/kickd/runs/x',
        endFile: '/run/kickd/ends/x',
        managerNames: ['LANG'],
      }),
    ),
    [
      '--quiet',
      '--no-ask-password',
      '--collect',
      `--unit=kickd-probe-${run}.service`,
      `--description=kickd probe-${run}`,
      '--property=Type=exec',
      '--property=WorkingDirectory=/',
      '--property=StandardInput=null',
      '--property=StandardOutput=append:/var/lib/kickd/runs/x',
      '--property=StandardError=inherit',
      '--property=UMask=0022',
      '--property=KillMode=control-group',
      '--property=SendSIGKILL=yes',
      '--property=TimeoutStopSec=10000ms',
      '--property=OOMPolicy=continue',
      '--property=IgnoreSIGPIPE=no',
      '--property=ExecStopPost=+/bin/ln -s "${EXIT_CODE}:${EXIT_STATUS}" "/run/kickd/ends/x"',
      '--property=User=nobody',
      '--property=NoNewPrivileges=yes',
      '--property=CapabilityBoundingSet=',
      '--property=KillSignal=SIGKILL',
      '--property=RuntimeMaxSec=12000ms',
      '--property=LimitFSIZE=65536',
      '--property=MemoryMax=256M',
      '--property=TasksMax=64',
      '--property=UnsetEnvironment=LANG',
      '--',
      '/p',
      '-H',
      'x',
    ],
  );
  t.equal(unitOf(job), `kickd-probe-${run}.service`);
  t.end();
});

t.test('an argument is literal: systemd must not see a variable in it', (t) => {
  const cases = [
    ['plain', 'plain'],
    ['$HOME', '$$HOME'],
    ['${HOME}', '$${HOME}'],
    ['a$b$$', 'a$$b$$$$'],
    ['%n', '%n'],
    ['--version', '--version'],
    ['', ''],
  ];
  for (const [argument = '', wanted] of cases) {
    const { command } = plan();
    const argv = systemdRunArguments(
      plan({ command: { ...command, argv: [argument] } }),
    );
    t.equal(argv.at(-1), wanted);
    t.equal(argv.at(-3), '--', 'after the last option');
  }
  t.end();
});

t.test('the path of the end is one word, whatever it holds', (t) => {
  const cases = [
    ['/run/a b.end', '"/run/a b.end"'],
    ['/run/"q".end', String.raw`"/run/\"q\".end"`],
    ['/run/\\.end', String.raw`"/run/\\.end"`],
    ['/run/$x.end', '"/run/$$x.end"'],
  ];
  for (const [endFile = '', wanted = ''] of cases) {
    const argv = systemdRunArguments(plan({ endFile }));
    const stopPost = argv.find((part) => part.includes('ExecStopPost'));
    t.ok(stopPost?.endsWith(`:$\{EXIT_STATUS}" ${wanted}`), wanted);
  }
  t.end();
});

t.test("what is the manager's and not ours is taken away", (t) => {
  const managerNames = environmentNames(
    "LANG=C.UTF-8\nPATH=/usr/bin\nA_SECRET=$'one\\nPATH2=two'\nhttp_proxy=x=y\n",
  );
  t.same(managerNames, ['LANG', 'PATH', 'A_SECRET', 'http_proxy']);
  const argv = systemdRunArguments(plan({ managerNames }));
  t.ok(argv.includes('--property=UnsetEnvironment=LANG A_SECRET http_proxy'));
  t.same(environmentNames(''), []);
  t.end();
});
