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

void t.test('what an event brings and cannot be used', async (t) => {
  const { explain } = createSite(t);
  const macros = [
    '--host=web1',
    '--service=HTTP',
    '--state=CRITICAL',
    '--state-type=HARD',
    '--attempt=4',
  ];
  const jsonOf = async (...args: string[]) =>
    JSON.parse((await explain(...args, '--json')).stdout) as unknown;
  const remark =
    '--host-state is left out: it is "PENDING", expected: one of UP, DOWN, UNREACHABLE';
  t.match(await jsonOf(...macros, '--host-state=PENDING'), {
    facts: { remarks: [remark] },
    decision: {
      kind: 'kick',
      reasons: [/CRITICAL/, /HARD kicks/, remark],
    },
  });
  t.match(await jsonOf(...macros, '--host-state=PENDING', '--state=OK'), {
    decision: { code: 'not-a-problem', reasons: [/nothing to repair/, remark] },
  });
  t.match(await jsonOf(...macros, '--address=192.0.2.1:8443'), {
    decision: {
      code: 'no-target',
      reasons: [
        '192.0.2.1:8443 is not an address: it has a port (fix: say where it is, in kicker.yaml: hosts: {"web1": {address: "192.0.2.1"}})',
      ],
    },
  });
  t.match(await jsonOf(...macros, '--host=Web Server 01'), {
    decision: {
      code: 'no-target',
      reasons: [
        'web server 01 cannot be a certname (letters, digits, dot, dash, underscore) (fix: say which it is, in kicker.yaml: hosts: {"Web Server 01": {certname: NAME}})',
      ],
    },
  });
});

void t.test('the old order of words', async (t) => {
  const { explain } = createSite(t);
  const line =
    "command_line /usr/share/nagios4/plugins/eventhandlers/handle_puppetrun -- $SERVICESTATE$ $SERVICESTATETYPE$ $SERVICEATTEMPT$ '$HOSTADDRESS$' '$HOSTNAME$' '$SERVICEDESC$'";
  const order =
    'where the order of old handlers has six, STATE STATETYPE ATTEMPT HOSTADDRESS HOSTNAME SERVICEDESC';
  for (const [words, stderr] of [
    [
      'CRITICAL HARD 4 192.0.2.11 web1 Disk Space /var',
      `kicker: USAGE: 8 words, ${order}: CRITICAL HARD 4 192.0.2.11 web1 Disk Space /var\n  remedy: quote $SERVICEDESC$: ${line}\n`,
    ],
    [
      'CRITICAL HARD 4 web1 HTTP',
      `kicker: USAGE: 5 words, ${order}: CRITICAL HARD 4 web1 HTTP\n  remedy: write all six: ${line}\n`,
    ],
    [
      'CRITICAL HARD 4',
      `kicker: USAGE: 3 words, ${order}: CRITICAL HARD 4\n  remedy: write all six: ${line}\n`,
    ],
    [
      'CRITICAL HARD 4 192.0.2.11 web1 -load',
      'kicker: USAGE_OPTION: kicker explain has no option -l\n  remedy: where a word begins with a dash, write -- before the first of them: kicker explain -- …; the options: kicker explain --help\n',
    ],
  ] as const) {
    const ended = await explain(...words.split(' '));
    t.equal(ended.code, 2, words);
    t.equal(ended.stderr, stderr, words);
    t.equal(ended.stdout, '');
  }
  const swapped = await explain(
    ...'CRITICAL HARD 4 web1 192.0.2.11 HTTP'.split(' '),
  );
  t.match(
    swapped.stdout,
    'the host is 192.0.2.11 and its address web1: the old order has $HOSTADDRESS$ before $HOSTNAME$',
  );
  for (const [words, subject] of [
    ['-- CRITICAL HARD 4 192.0.2.11 web1 -load', 'web1 / -load: kick'],
    ['DOWN HARD 4 192.0.2.11 web1', 'web1: skip, host-event'],
    ['CRITICAL HARD 4 --host=web1 --service=HTTP', 'web1 / HTTP: kick'],
    ['CRITICAL HARD 4 web1 web1 HTTP', 'web1 / HTTP: kick'],
    ['CRITICAL HARD 4 192.0.2.11 192.0.2.11 HTTP', '192.0.2.11 / HTTP: kick'],
  ] as const) {
    const { stdout } = await explain(...words.split(' '));
    t.match(stdout, subject, words);
    t.notMatch(stdout, 'the old order', words);
  }
});

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
  writeFileSync(
    bad,
    JSON.stringify({
      ...event,
      service: 's'.repeat(4096),
      attempt: 1_000_000,
      maxAttempts: 1_000_000,
    }),
  );
  t.equal((await explain(`--event=${bad}`)).code, 0, 'as long as it comes');
  t.match(
    (await explain(...handler, `--event=${bad}`)).stderr,
    /USAGE.*from --event or from arguments/,
  );
  writeFileSync(join(dir, 'l'), 'no ledger at all'.repeat(100));
  writeFileSync(join(dir, 'kicker.yaml'), `ledger: ${join(dir, 'l')}`);
  t.match((await explain(...handler)).stderr, /LEDGER_UNREADABLE/);
});
