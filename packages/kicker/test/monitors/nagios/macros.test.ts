import t from 'tap';
import {
  parseNagios,
  type NagiosMacros,
} from '../../../src/monitors/nagios/macros.ts';
import { problemKey } from '../../../src/events/event.ts';

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
  ['no maximum', { maxAttempts: undefined }, { maxAttempts: undefined }],
  ['a dollar is no macro', { service: 'Costs $5' }, { service: 'Costs $5' }],
  ['UTF-8', { service: 'Größe' }, { service: 'Größe' }],
];
for (const [name, part, wanted] of good) {
  void t.test(name, async (t) => {
    const parsed = parseNagios({ ...whole, ...part });
    t.equal(parsed.kind, 'event');
    if (parsed.kind !== 'event') return;
    for (const [key, value] of Object.entries(wanted)) {
      t.equal(Reflect.get(parsed.event, key), value, key);
    }
  });
}

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
  ['since in words', { since: 'yesterday' }, ['MACRO_BAD']],
  ['a newline in the host', { host: 'web1\nweb2' }, ['MACRO_BAD']],
  ['an escape in the service', { service: '\u001b[2J' }, ['MACRO_BAD']],
  ['too long a host', { host: 'a'.repeat(201) }, ['MACRO_BAD']],
  [
    'every mistake is named',
    { host: '$HOSTNAME$', state: 'X', attempt: 'x', hostState: '?' },
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
