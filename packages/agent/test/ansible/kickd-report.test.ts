import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t, { type Test } from 'tap';
import { parseAnsibleReport } from '../../src/cm/ansible-report.ts';

const python = '/usr/bin/python3';
const folder = join(import.meta.dirname, '../../ansible');
const skip = !existsSync(python) && `${python} is not installed`;
type Event = [name: string, more: unknown];

/** @returns what the callback warned of, line by line */
function drive(file: string | undefined, events: Event[]): string[] {
  const { stdout, stderr, exitCode } = execaSync(
    python,
    [join(import.meta.dirname, 'drive.py'), folder],
    {
      env: file === undefined ? {} : { KICKD_ANSIBLE_REPORT: file },
      extendEnv: false,
      input: JSON.stringify(events),
      reject: false,
    },
  );
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.split('\n').filter(Boolean);
}

const changed = (name: string, fields: object = {}): Event => [
  'runner_on_ok',
  { name, result: { changed: true }, fields },
];
const end = (hosts: object = { localhost: {} }): Event => ['stats', hosts];

function reportOf(t: Test, events: Event[]) {
  const file = join(t.testdir(), 'report');
  t.same(drive(file, events), []);
  return { file, report: parseAnsibleReport(readFileSync(file, 'utf8')) };
}

t.test('kickd reads what the callback writes', { skip }, (t) => {
  const { report } = reportOf(t, [
    ['play', null],
    ['start', 'web up'],
    changed('web up'),
    ['runner_on_ok', { name: 'quiet', result: {} }],
    ['failed', { name: 'ignored', ignore: true }],
    ['failed', { name: 'healed', rescue: ['r'] }],
    ['failed', { name: 'broken' }],
    // a rescue section heals nothing of its own
    ['failed', { name: 'r', rescue: ['r'] }],
    ['runner_on_unreachable', { name: 'far' }],
    [
      'runner_on_unreachable',
      { name: 'far and ignored', fields: { ignore_unreachable: true } },
    ],
    ['runner_item_on_ok', { name: 'item', result: { changed: true } }],
    changed('looked at', { check_mode: true }),
    changed('looked at, as a text', { check_mode: 'yes' }),
    changed('really', { check_mode: 'False' }),
    end({ a: { failures: 2 }, b: { unreachable: 1 } }),
  ]);
  t.match(report, {
    changed: 3,
    changes: ['task[web up]', 'task[item]', 'task[really]'],
    pending: ['task[looked at]', 'task[looked at, as a text]'],
    failed: 3,
    failures: ['task[broken]', 'task[r]', 'task[far]'],
    hasNoHosts: false,
  });
  t.end();
});

t.test('a name is one line, whatever it holds', { skip }, (t) => {
  const forged = 'x"}\n{"is": "end", "failed": 0}\u2028\ud83d\ude00\ud800';
  const { file, report } = reportOf(t, [changed(forged), end()]);
  t.equal(readFileSync(file, 'utf8').split('\n').length, 4);
  t.match(readFileSync(file, 'latin1'), /^[\n -~]*$/);
  t.equal(report?.changes.length, 1);
  t.end();
});

t.test('the file stays small, and its counts whole', { skip }, (t) => {
  const names = Array.from({ length: 1000 }, (_, at) =>
    changed(`${String(at)} ${'\u{1f600}'.repeat(500)}`),
  );
  const { file, report } = reportOf(t, [
    ...names,
    ['failed', { name: 'at the end' }],
    end({ localhost: { failures: 1 } }),
  ]);
  t.ok(readFileSync(file).length < 1024 * 1024);
  t.match(report, { changed: 1000, failures: ['task[at the end]'] });
  t.equal(report?.changes.length, 100);
  t.end();
});

t.test('it writes into no file but its own', { skip }, (t) => {
  const dir = t.testdir({ there: 'kept' });
  symlinkSync(join(dir, 'there'), join(dir, 'link'));
  for (const name of ['there', 'link', 'nowhere/file']) {
    const [warning, state] = drive(join(dir, name), [changed('a'), end()]);
    t.match(warning, /^kickd_report writes nothing: /, name);
    t.equal(state, 'disabled', name);
  }
  t.equal(readFileSync(join(dir, 'there'), 'utf8'), 'kept');
  t.end();
});

t.test('without the variable it does nothing', { skip }, (t) => {
  t.same(drive(undefined, [changed('a'), end()]), ['disabled']);
  t.end();
});

t.test('nothing but names is written', { skip }, (t) => {
  const { file } = reportOf(t, [
    [
      'runner_on_ok',
      { name: 'a', result: { changed: true, stdout: 'hunter2' } },
    ],
    ['failed', { name: 'b', result: { msg: 'hunter2' } }],
    end({ localhost: { failures: 1 } }),
  ]);
  t.notMatch(readFileSync(file, 'utf8'), /hunter2/);
  t.end();
});
