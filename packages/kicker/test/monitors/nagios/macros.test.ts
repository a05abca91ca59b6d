import t from 'tap';
import {
  parseNagios as parse,
  type NagiosMacros,
} from '../../../src/monitors/nagios/macros.ts';
import { problemKey } from '../../../src/events/event.ts';

const parseNagios = (macros: NagiosMacros) => parse(macros, 'nagios');
const whole = {
  host: 'web1',
  address: '192.0.2.1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: '4',
  maxAttempts: '4',
  problemId: '17',
  since: '1772323200',
  serviceDowntime: '0',
  hostDowntime: '0',
  hostState: 'UP',
};

t.strictSame(parseNagios(whole), {
  kind: 'event',
  groups: [],
  remarks: [],
  event: {
    monitor: 'nagios',
    host: 'web1',
    address: '192.0.2.1',
    service: 'HTTP',
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 4,
    maxAttempts: 4,
    problem: '17',
    since: '2026-03-01T00:00:00.000Z',
    inDowntime: false,
    hostState: 'UP',
  },
});

const good: [string, Partial<NagiosMacros>, Record<string, unknown>][] = [
  ['problem 0 is none', { problemId: '0' }, { problem: undefined }],
  ['since 0 is none', { since: '0' }, { since: undefined }],
  [
    'the last OK goes before the last change',
    { lastOk: '1772323100' },
    { since: '2026-02-28T23:58:20.000Z' },
  ],
  [
    'never OK: the last change',
    { lastOk: '0' },
    { since: '2026-03-01T00:00:00.000Z' },
  ],
  ['in downtime itself', { serviceDowntime: '2' }, { inDowntime: true }],
  ['host in downtime', { hostDowntime: '1' }, { inDowntime: true }],
  ['acknowledged', { ackAuthor: 'ada' }, { acknowledgedBy: 'ada' }],
  ['not acknowledged', { ackAuthor: '' }, { acknowledgedBy: undefined }],
  [
    'about the host',
    { service: undefined, state: 'DOWN' },
    { service: undefined, state: 'DOWN' },
  ],
  ['how often it changed', { percentChange: '6.12' }, { percentChange: 6.12 }],
  ['it never changed', { percentChange: '0.00' }, { percentChange: 0 }],
  ['no maximum', { maxAttempts: undefined }, { maxAttempts: undefined }],
  ['a dollar is no macro', { service: 'Costs $5' }, { service: 'Costs $5' }],
  ['UTF-8', { service: 'Größe' }, { service: 'Größe' }],
  ['Latin-1', { service: 'Gr\ueff6\uefdfe' }, { service: 'Gr\ueff6\uefdfe' }],
  [
    'a depth below 0 is no downtime',
    { serviceDowntime: '-1', hostDowntime: '-2' },
    { inDowntime: false },
  ],
  [
    'one of the two below 0',
    { serviceDowntime: '-1', hostDowntime: '1' },
    { inDowntime: true },
  ],
  [
    'more attempts than anybody makes',
    { attempt: '1440', maxAttempts: '9999' },
    { attempt: 1440, maxAttempts: 9999 },
  ],
  [
    'a count above the bound is the bound',
    { attempt: '1000001', maxAttempts: '9'.repeat(400) },
    { attempt: 1_000_000, maxAttempts: 1_000_000 },
  ],
  ...['IPC$ADMIN$', 'MSSQL$BKUPEXEC$X', '$A$B', 'a $HOSTNAME$'].map(
    (service): [string, Partial<NagiosMacros>, Record<string, unknown>] => [
      'two dollars are no macro',
      { service },
      { service },
    ],
  ),
  [
    'a name as long as a URL',
    { service: 's'.repeat(4096), host: 'h'.repeat(201) },
    { service: 's'.repeat(4096), host: 'h'.repeat(201) },
  ],
  [
    'acknowledged by a name that cannot be read',
    { ackAuthor: 'a\nb' },
    { acknowledgedBy: 'somebody' },
  ],
];
for (const [name, part, wanted] of good) {
  void t.test(name, async (t) => {
    const parsed = parseNagios({ ...whole, ...part });
    t.equal(parsed.kind, 'event');
    if (parsed.kind !== 'event') return;
    for (const [key, value] of Object.entries(wanted)) {
      t.equal(Reflect.get(parsed.event, key), value, key);
    }
    t.strictSame(parsed.remarks, []);
  });
}

/** What is left out, and what the remark says of it. */
const odd: [Partial<NagiosMacros>, Record<string, unknown>, string][] = [
  [
    { hostState: 'PENDING' },
    { hostState: undefined },
    '--host-state is left out: it is "PENDING", expected: one of UP, DOWN, UNREACHABLE',
  ],
  [
    { percentChange: '5,26' },
    { percentChange: undefined },
    '--percent-change is left out: it is "5,26", expected: a share, 0 to 100',
  ],
  [
    { percentChange: '101' },
    { percentChange: undefined },
    '--percent-change is left out: it is "101", expected: a share, 0 to 100',
  ],
  [
    { since: 'yesterday' },
    { since: undefined },
    '--since is left out: it is "yesterday", expected: seconds since the epoch',
  ],
  [
    { lastOk: '253402300800' },
    { since: '2026-03-01T00:00:00.000Z' },
    '--last-ok is left out: it is "253402300800", expected: seconds since the epoch',
  ],
  [
    { at: '-1' },
    { at: undefined },
    '--at is left out: it is "-1", expected: seconds since the epoch',
  ],
  [
    { serviceDowntime: 'no' },
    { inDowntime: false },
    '--service-downtime is left out: it is "no", expected: a depth: 0, 1, 2 …',
  ],
  [
    { maxAttempts: '0' },
    { maxAttempts: undefined },
    '--max-attempts is left out: it is "0", expected: a whole number, 1 or more',
  ],
  [
    { problemId: '$SERVICEPROBLEMID$' },
    { problem: undefined },
    '--problem-id is left out: it is "$SERVICEPROBLEMID$", expected: at most 200 characters, none of them a control character',
  ],
  [
    { ackAuthor: '$SERVICEACKAUTHOR$' },
    { acknowledgedBy: undefined },
    '--ack-author is left out: it is "$SERVICEACKAUTHOR$", expected: at most 200 characters, none of them a control character',
  ],
  [
    { address: '\u001b[2J' },
    { address: undefined },
    '--address is left out: it is "\\u001b[2J", expected: at most 200 characters, none of them a control character',
  ],
];
for (const [part, wanted, remark] of odd) {
  void t.test(`left out: ${JSON.stringify(part)}`, async (t) => {
    const parsed = parseNagios({ ...whole, ...part });
    t.equal(parsed.kind, 'event');
    if (parsed.kind !== 'event') return;
    for (const [key, value] of Object.entries(wanted)) {
      t.equal(Reflect.get(parsed.event, key), value, key);
    }
    t.strictSame(parsed.remarks, [remark]);
  });
}

void t.test('one group that cannot be read is left out', async (t) => {
  t.match(parseNagios({ ...whole, hostGroups: 'web,a\tb,db' }), {
    kind: 'event',
    groups: ['web', 'db'],
    remarks: [/^--host-groups is left out: it is "a\\tb"/],
  });
});

void t.test('the state of a service, and no service', async (t) => {
  t.match(parseNagios({ ...whole, service: '' }), {
    kind: 'faults',
    faults: [
      {
        code: 'MACRO_BAD',
        message:
          '--service is ""; expected: the service, as CRITICAL is no state of a host',
        remedy: 'in the command definition write --service "$SERVICEDESC$"',
      },
    ],
  });
});

const bad: [string, Partial<NagiosMacros>, string[]][] = [
  ['a bare macro', { service: '$SERVICEDESC$' }, ['MACRO_NOT_EXPANDED']],
  [
    'an on-demand macro',
    { state: '$SERVICESTATE:a:b$' },
    ['MACRO_NOT_EXPANDED'],
  ],
  ['no host', { host: undefined }, ['MACRO_BAD']],
  ['empty host', { host: '' }, ['MACRO_BAD']],
  ['lower-case state', { state: 'critical' }, ['MACRO_BAD']],
  ['a host state for a service', { state: 'DOWN' }, ['MACRO_BAD']],
  ['a service state for a host', { service: undefined }, ['MACRO_BAD']],
  ['a state of nothing', { stateType: 'FIRM' }, ['MACRO_BAD']],
  ['attempt 0', { attempt: '0' }, ['MACRO_BAD']],
  ['attempt -1', { attempt: '-1' }, ['MACRO_BAD']],
  ['attempt 1e3', { attempt: '1e3' }, ['MACRO_BAD']],
  ['attempt hex', { attempt: '0x4' }, ['MACRO_BAD']],
  ['a newline in the host', { host: 'web1\nweb2' }, ['MACRO_BAD']],
  ['an escape in the service', { service: '\u001b[2J' }, ['MACRO_BAD']],
  ['too long a host', { host: 'a'.repeat(4097) }, ['MACRO_BAD']],
  ['too long a service', { service: 'a'.repeat(4097) }, ['MACRO_BAD']],
  ['a control character in UTF-8', { service: 'a\u0085' }, ['MACRO_BAD']],
  [
    'every mistake is named',
    { host: '$HOSTNAME$', state: 'X', attempt: 'x', stateType: '?' },
    ['MACRO_NOT_EXPANDED', 'MACRO_BAD', 'MACRO_BAD', 'MACRO_BAD'],
  ],
];
for (const [name, part, codes] of bad) {
  void t.test(name, async (t) => {
    const parsed = parseNagios({ ...whole, ...part });
    t.equal(parsed.kind, 'faults');
    if (parsed.kind !== 'faults') return;
    t.strictSame(
      parsed.faults.map(({ code }) => code),
      codes,
    );
    for (const { message, remedy } of parsed.faults) {
      t.match(message, /^--/, 'names the option');
      t.match(remedy, /\$[A-Z]+\$/, 'names the macro');
      // oxlint-disable-next-line no-control-regex
      t.notMatch(message, /[\u0000-\u001f]/);
    }
  });
}

void t.test('one problem has one key, SOFT or HARD', async (t) => {
  const keys = [
    whole,
    { ...whole, stateType: 'SOFT', attempt: '3', since: '1772323100' },
    { ...whole, state: 'WARNING' },
    { ...whole, problemId: '18' },
    { ...whole, service: 'HTTPS' },
    { ...whole, host: 'web2' },
  ].map((macros) => {
    const parsed = parseNagios(macros);
    return parsed.kind === 'event' ? problemKey(parsed.event) : '';
  });
  t.equal(keys[0], keys[1]);
  t.equal(keys[0], keys[2]);
  t.equal(new Set(keys).size, 4);
});

t.match(parse(whole, 'dc2'), { event: { monitor: 'dc2' } });
