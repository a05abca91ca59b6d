import t from 'tap';
import { Faults } from '../../src/errors.ts';
import { parseCommandLine } from '../../src/commands/command-line.ts';
import {
  drillSpec,
  readDrillOptions,
  type DrillOptions,
} from '../../src/commands/drill-options.ts';

const user = { isRoot: false, uid: 7, home: '/', hostname: 'h' };

function read(
  args: readonly string[],
  env: Record<string, string> = {},
): DrillOptions {
  const given = parseCommandLine(drillSpec, args);
  if (given === 'help') throw new Error('help');
  return readDrillOptions(given, { env, user });
}

t.test('what is left out', (t) => {
  t.strictSame(read(['web1', 'HTTP']), {
    host: 'web1',
    service: 'HTTP',
    profile: 'drill',
    timeoutMs: 600_000,
    monitor: undefined,
    by: 'uid 7',
    reason: 'no reason given',
    isDryRun: false,
    leavesBroken: false,
  });
  t.equal(read(['w', 'H'], { USER: 'bob' }).by, 'bob');
  t.equal(read(['w', 'H'], { USER: 'root', SUDO_USER: 'ada' }).by, 'ada');
  t.end();
});

t.test('what is given', (t) => {
  t.match(
    read([
      'web1',
      'HTTP',
      '--profile=kill-web',
      '--timeout=90s',
      '--monitor=n2',
      '--by=ada',
      '--reason=a\u001bb',
      '--dry-run',
      '--leave-broken',
    ]),
    {
      profile: 'kill-web',
      timeoutMs: 90_000,
      monitor: 'n2',
      by: 'ada',
      reason: String.raw`a\u{1b}b`,
      isDryRun: true,
      leavesBroken: true,
    },
  );
  t.equal(read(['w', 'H', '--timeout', '24h']).timeoutMs, 86_400_000);
  t.end();
});

t.test('every mistake, each with what is expected', (t) => {
  const rows: [string[], RegExp][] = [
    [[], /one host and one service/],
    [['web1'], /one host and one service/],
    [['web1', 'HTTP', 'SSH'], /one host and one service/],
    [['web1', 'HTTP', '--timeout', '10'], /--timeout .*90s, 10m, 1h/],
    [['web1', 'HTTP', '--timeout', '0s'], /--timeout/],
    [['web1', 'HTTP', '--timeout', '25h'], /--timeout/],
    [['web1', 'HTTP', '--timeout', '1.5h'], /--timeout/],
    [['web1', 'HTTP', '--profile', 'A/B'], /--profile .*lower case/],
    [['web1', '--profile', 'A', '--timeout', 'x'], /host.*profile.*timeout/],
    [['web1', 'HTTP', '--noop'], /--noop/],
  ];
  for (const [args, words] of rows) {
    try {
      read(args);
      t.fail(args.join(' '));
    } catch (error) {
      if (!(error instanceof Faults)) throw error;
      const said = error.faults.map((one) => `${one.message} ${one.remedy}`);
      t.match(said.join(' '), words, args.join(' '));
      for (const { exitCode } of error.faults) t.equal(exitCode, 2);
    }
  }
  t.end();
});
