import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Event } from '../../../src/events/event.ts';
import { nagiosFacts } from '../../../src/monitors/nagios/facts.ts';
import {
  findQuotedNames,
  parseHostGroups,
} from '../../../src/monitors/nagios/objects.ts';
import {
  refreshEvent,
  withAcknowledgement,
} from '../../../src/monitors/nagios/refresh.ts';
import { parseNagiosStatus } from '../../../src/monitors/nagios/status.ts';

/** As nagios4 4.4.6 of Debian 12 wrote it, with two hosts and one service. */
const recorded = readFileSync(
  new URL('status-4.4.6.dat', import.meta.url),
  'utf8',
);
const groupsText = `define hostgroup {
\thostgroup_name\tweb
\talias\tWeb } servers
\tmembers\tw1,w2
\t}

define hostgroup {
\thostgroup_name\tempty
\talias\tempty
\t}

define contact {
\tcontact_name\tw
\t}
`;
const event: Event = {
  monitor: 'nagios',
  host: 'w1',
  service: 'S',
  state: 'CRITICAL',
  stateType: 'SOFT',
  attempt: 1,
  maxAttempts: 2,
  problem: '1',
  inDowntime: false,
  acknowledgedBy: 'ada',
};

t.test('what Nagios itself wrote', (t) => {
  const status = parseNagiosStatus(recorded);
  t.match(status?.services.get('w1')?.get('S'), {
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 2,
    maxAttempts: 2,
    problem: '1',
    isAcknowledged: false,
    inDowntime: false,
    isFlapping: false,
    percentChange: 6.12,
  });
  t.match(status?.hosts.get('w2'), { state: 'UP' });
  t.strictSame([...(status?.unhealthy ?? [])], ['w1']);
  t.equal(status?.createdMs, 1_795_564_478_000);
  t.end();
});

t.test('when it was last checked', (t) => {
  const checkedMs = (text: string) =>
    parseNagiosStatus(text)?.services.get('w1')?.get('S')?.lastCheckMs;
  t.equal(checkedMs(recorded), 1_795_564_478_000);
  const never = recorded.replaceAll(/\tlast_check=\d+/g, '\tlast_check=0');
  t.equal(checkedMs(never), 0);
  t.equal(checkedMs(recorded.replaceAll(/\tlast_check=\d+\n/g, '')), 0);
  t.end();
});

t.test('a flapping flag counts only while it can be taken away', (t) => {
  const isFlapping = (...changes: [from: string, to: string][]) => {
    let text = recorded;
    for (const [from, to] of changes) text = text.replaceAll(from, to);
    const status = parseNagiosStatus(text);
    const refreshed = refreshEvent(event, status, 0, new Date(0));
    const own = status?.services.get('w1')?.get('S')?.isFlapping;
    t.equal(refreshed.kind === 'lasts' && refreshed.event.isFlapping, own);
    return own;
  };
  const flag: [string, string] = ['is_flapping=0', 'is_flapping=1'];
  const service: [string, string] = [
    'flap_detection_enabled=1',
    'flap_detection_enabled=0',
  ];
  const program: [string, string] = [
    'enable_flap_detection=1',
    'enable_flap_detection=0',
  ];
  t.equal(isFlapping(), false);
  t.equal(isFlapping(flag), true);
  t.equal(isFlapping(flag, service), false, 'off for the service');
  t.equal(isFlapping(flag, program), false, 'off for all');
  t.equal(
    isFlapping(flag, ['\tflap_detection_enabled=1\n', '']),
    true,
    'data that do not say so',
  );
  t.end();
});

t.test('names in Latin-1 and in UTF-8 stay apart', (t) => {
  const blockOf = (service: string, state: number): string =>
    `servicestatus {\n\thost_name=h\xf6st\n\tservice_description=${service}\n\tcurrent_state=${state}\n\tproblem_has_been_acknowledged=1\n\t}\n` +
    `servicecomment {\n\thost_name=h\xf6st\n\tservice_description=${service}\n\tentry_type=4\n\tauthor=J\xfcrgen\n\t}\n`;
  const status = parseNagiosStatus(
    [
      'info {\n\tcreated=1772323200\n\t}\n',
      blockOf('T\xfcr', 2),
      blockOf('T\xf6r', 0),
      // ü in UTF-8
      blockOf('T\xc3\xbcr', 1),
    ].join(''),
  );
  t.strictSame(
    [...(status?.services.get('h\ueff6st') ?? [])].map(([name, { state }]) => [
      name,
      state,
    ]),
    [
      ['T\ueffcr', 'CRITICAL'],
      ['T\ueff6r', 'OK'],
      ['Tür', 'WARNING'],
    ],
  );
  t.equal(
    status?.acknowledgedBy.get('h\ueff6st')?.get('T\ueffcr'),
    'J\ueffcrgen',
  );
  t.strictSame(
    [
      ...parseHostGroups(
        'define hostgroup {\n\thostgroup_name\tT\xfcren\n\tmembers\th\xf6st,h\xc3\xb6st\n\t}\n',
      ),
    ],
    [['T\ueffcren', ['h\ueff6st', 'höst']]],
  );
  t.end();
});

t.test('what is not whole, or another thing', (t) => {
  for (const text of [
    '',
    'x',
    recorded.slice(0, recorded.indexOf('plugin_output')),
    'info {\n\tx=1\n\t}\n',
  ]) {
    t.equal(parseNagiosStatus(text), undefined);
  }
  t.end();
});

t.test('an old event, as it stands by now', (t) => {
  const status = parseNagiosStatus(recorded);
  const now = new Date(1_795_564_479_000);
  const lasts = refreshEvent(event, status, 1_795_564_470_000, now);
  t.match(lasts, {
    kind: 'lasts',
    event: { stateType: 'HARD', attempt: 2, at: now.toISOString() },
  });
  t.notOk(lasts.kind === 'lasts' && lasts.event.acknowledgedBy, 'not any more');
  const green = parseNagiosStatus(
    recorded.replace('\tcurrent_state=2', '\tcurrent_state=0'),
  );
  t.match(refreshEvent(event, green, 0, now), {
    kind: 'over',
    event: { state: 'OK' },
  });
  const acknowledged = parseNagiosStatus(
    recorded.replaceAll(
      'problem_has_been_acknowledged=0',
      'problem_has_been_acknowledged=1',
    ) +
      'servicecomment {\n\thost_name=w1\n\tservice_description=S\n\tentry_type=4\n\tauthor=bob\n\t}\n',
  );
  t.match(refreshEvent(event, acknowledged, 0, now), {
    event: { acknowledgedBy: 'bob' },
  });
  t.strictSame([...(acknowledged?.unhealthy ?? [])], [], 'bob knows');
  for (const [other, sinceMs] of [
    [{ ...event, problem: '2' }, 0],
    [{ ...event, service: 'T' }, 0],
    [event, 1_795_564_490_000],
  ] as const) {
    t.equal(refreshEvent(other, status, sinceMs, now).kind, 'not-known');
  }
  t.equal(refreshEvent(event, undefined, 0, now).kind, 'not-known');
  t.end();
});

t.test('a new event: whether somebody acknowledged, the data say', (t) => {
  const { acknowledgedBy: _old, ...fresh } = event;
  const text = recorded.replaceAll(
    'problem_has_been_acknowledged=0',
    'problem_has_been_acknowledged=1',
  );
  const by = (author: string): string =>
    `${text}servicecomment {\n\thost_name=w1\n\tservice_description=S\n\tentry_type=4\n\tauthor=${author}\n\t}\n`;
  const cases: [string, Event, string | undefined, string | undefined][] = [
    ['by whom', fresh, by('bob'), 'bob'],
    ['Nagios has lost the comment', fresh, text, 'somebody'],
    ['nobody', fresh, recorded, undefined],
    ['another problem', { ...fresh, problem: '2' }, by('bob'), undefined],
    ['another service', { ...fresh, service: 'T' }, by('bob'), undefined],
    ['green again', { ...fresh, state: 'OK' }, by('bob'), undefined],
    [
      'the event says so itself',
      { ...fresh, acknowledgedBy: 'ada' },
      by('bob'),
      'ada',
    ],
    ['no data', fresh, undefined, undefined],
  ];
  for (const [name, told, data, wanted] of cases) {
    const status = data === undefined ? undefined : parseNagiosStatus(data);
    t.equal(withAcknowledgement(told, status).acknowledgedBy, wanted, name);
  }
  t.end();
});

t.test('names with an apostrophe, which no handler hears of', (t) => {
  const serviceOf = (host: string, service: string, more = ''): string =>
    `define service {\n\thost_name\t${host}\n\tservice_description\t${service}\n\tcheck_command\tx!'y'\n${more}\t}\n\n`;
  const handler = '\tevent_handler\thandle_puppetrun\n';
  t.strictSame(
    findQuotedNames(
      [
        serviceOf('web1', 'HTTP', handler),
        serviceOf('web1', "Bob's disk", handler),
        serviceOf('web1', "Ann's disk"),
        serviceOf("j\xfcrgen's", 'HTTP', handler),
        "define hostgroup {\n\thostgroup_name\tbob's\n\tmembers\tweb1\n\t}\n",
        "define contact {\n\tcontact_name\tbob's\n\t}\n",
      ].join(''),
    ),
    ["web1 / Bob's disk", "j\ueffcrgen's / HTTP", "bob's"],
  );
  t.strictSame(findQuotedNames(serviceOf('web1', 'HTTP', handler)), []);
  t.end();
});

t.test('groups, their size and how many are unhealthy', (t) => {
  const groups = parseHostGroups(groupsText);
  t.strictSame(
    [...groups],
    [
      ['web', ['w1', 'w2']],
      ['empty', []],
    ],
  );
  const status = parseNagiosStatus(recorded);
  const nowMs = 1_795_564_479_000;
  t.strictSame(nagiosFacts(event, [], { status, groups }, nowMs), {
    groups: [{ name: 'web', members: 2, unhealthy: 1 }],
  });
  t.strictSame(nagiosFacts(event, ['db'], {}, nowMs), {
    groups: [{ name: 'db' }],
  });
  t.match(nagiosFacts(event, [], { status }, nowMs + 301_000), {
    monitorTrouble: /status data are 302 s old/,
  });
  t.end();
});
