import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { learn } from '../../src/decide/learn.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import { readMoment } from '../../src/io/moment.ts';
import { runKicker } from '../run-kicker.ts';

const event = {
  monitor: 'nagios',
  host: 'web1.example.com',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  inDowntime: false,
};
const handler = [
  'CRITICAL',
  'HARD',
  '4',
  '192.0.2.11',
  'web1.example.com',
  'HTTP',
];

function createSite(t: Test, rules?: string) {
  const dir = t.testdir({
    'kicker.yaml': '',
    'event.json': JSON.stringify(event),
    ...(rules === undefined ? {} : { 'rules.yaml': rules }),
  });
  const ledger = join(dir, 'ledger.sqlite');
  writeFileSync(join(dir, 'kicker.yaml'), `ledger: ${ledger}`);
  const explain = (...args: string[]) =>
    runKicker(['explain', `--config=${join(dir, 'kicker.yaml')}`, ...args]);
  return { dir, ledger, explain };
}

void t.test('an event by arguments, and nothing is written', async (t) => {
  const { dir, ledger, explain } = createSite(t);
  const { code, stdout, stderr } = await explain(...handler);
  t.equal(stderr, '');
  t.equal(code, 0);
  t.match(stdout, /^web1\.example\.com \/ HTTP: kick, by the rule default/);
  t.match(stdout, /HARD, attempt 4: HARD kicks/);
  t.match(stdout, /nothing is remembered/);
  t.notOk(existsSync(ledger));
  t.strictSame(
    readFileSync(join(dir, 'event.json'), 'utf8'),
    JSON.stringify(event),
  );
});

void t.test(
  'an event from a file, by rules that are not in force',
  async (t) => {
    const { dir, explain } = createSite(
      t,
      'rules: [{name: webs, match: {hostGroup: web}, mode: observe}]',
    );
    const { stdout } = await explain(
      `--event=${join(dir, 'event.json')}`,
      `--rules=${join(dir, 'rules.yaml')}`,
      '--host-groups=web,all',
      '--json',
    );
    t.match(JSON.parse(stdout), {
      version: 1,
      remembers: false,
      rules: join(dir, 'rules.yaml'),
      event,
      facts: { groups: [{ name: 'web' }, { name: 'all' }] },
      decision: {
        kind: 'skip',
        code: 'observed',
        rule: `webs (${join(dir, 'rules.yaml')}:1)`,
        would: { kind: 'kick', mode: 'automatic' },
      },
    });
  },
);

void t.test(
  'what the ledger remembers counts, and stays as it is',
  async (t) => {
    const { ledger: file, explain } = createSite(t);
    const ledger = openLedger(file, { now: () => new Date() });
    const now = readMoment();
    ledger.transact((transaction) =>
      transaction.remember(
        learn(
          { kind: 'stopped', by: 'ada', reason: 'maintenance' },
          { rules: defaultRuleSet, memory: transaction, now },
        ),
      ),
    );
    ledger.close();
    const before = readFileSync(file);
    const { stdout } = await explain(...handler);
    t.match(stdout, /wait \d+ s, stopped/);
    t.match(stdout, /ada stopped kicker at .*: maintenance/);
    t.strictSame(readFileSync(file), before);
    const { stdout: without } = await explain(...handler, '--without-memory');
    t.match(without, /: kick,/);
  },
);

void t.test('mistakes', async (t) => {
  const { dir, explain } = createSite(t);
  const bad = join(dir, 'bad.json');
  const rows: [string, string, RegExp][] = [
    ['{', 'EVENT_UNREADABLE', /is no event/],
    ['[]', 'EVENT_UNREADABLE', /object/],
    ['{"monitor": "x"}', 'EVENT_UNREADABLE', /required/],
    [JSON.stringify({ ...event, attempt: 0 }), 'EVENT_UNREADABLE', /attempt/],
    [
      JSON.stringify({ ...event, more: 1 }),
      'EVENT_UNREADABLE',
      /additional|schema is false|more/,
    ],
    ['x'.repeat(70_000), 'FILE_UNREADABLE', /longer/],
  ];
  for (const [text, code, pattern] of rows) {
    writeFileSync(bad, text);
    const ended = await explain(`--event=${bad}`);
    t.equal(ended.code, 2, text.slice(0, 40));
    t.match(ended.stderr, new RegExp(code));
    t.match(ended.stderr, pattern);
  }
  t.match((await explain('--event=/nonexistent')).stderr, /FILE_UNREADABLE/);
  t.match((await explain()).stderr, /MACRO_BAD/);
  t.match(
    (await explain(...handler, `--event=${bad}`)).stderr,
    /USAGE.*from --event or from arguments/,
  );
  writeFileSync(join(dir, 'l'), 'no ledger at all'.repeat(100));
  writeFileSync(join(dir, 'kicker.yaml'), `ledger: ${join(dir, 'l')}`);
  t.match((await explain(...handler)).stderr, /LEDGER_UNREADABLE/);
});
