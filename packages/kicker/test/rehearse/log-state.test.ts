import t from 'tap';
import { nameOfBinary } from '../../src/events/name-bytes.ts';
import { parseLogLine } from '../../src/monitors/nagios/log-line.ts';
import type { LogItem } from '../../src/monitors/nagios/log-item.ts';
import { createLogState } from '../../src/rehearse/log-state.ts';
import type { PastState } from '../../src/rehearse/past-state.ts';
import type { SubjectsOptions } from '../../src/rehearse/subjects.ts';

const startMs = 1_700_000_000_000;
const day = 24 * 60 * 60;

interface StateOptions extends Partial<SubjectsOptions> {
  /** the logs that the lines come from: one by default */
  isAlone?: boolean;
}

/** What each line comes to: `SECONDS TEXT`, of the first log, or `SECONDS @1 TEXT` of the second. */
function createTold({ isAlone = true, ...options }: StateOptions = {}) {
  const state = createLogState({
    groups: new Map(),
    objects: new Map(),
    nameOf: nameOfBinary,
    ...options,
  });
  const tell = (text: string): ReturnType<PastState<LogItem>['take']> => {
    const [, at, source = '0', rest] =
      /^(\d+) (?:@(\d) )?(.*)$/.exec(text) ?? [];
    return state.take(parseLogLine(`[1700000000] ${rest}`), {
      atMs: startMs + Number(at) * 1000,
      source: Number(source),
      isAlone,
    });
  };
  /** the event of the last line; undefined: nobody was called */
  const eventOf = (...lines: string[]) => {
    const heard = lines.map(tell).at(-1);
    return heard?.kind === 'call' ? heard.event : undefined;
  };
  return { state, tell, eventOf };
}

const soft = (attempt: number): string =>
  `SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;${attempt};x`;
const hard = 'SERVICE ALERT: web1;HTTP;CRITICAL;HARD;4;x';
const green = 'SERVICE ALERT: web1;HTTP;OK;HARD;4;fine';

void t.test('an alert is the event of its handler', async (t) => {
  const groups = new Map([['web', ['web1', 'web2']]]);
  const { tell } = createTold({ groups });
  t.strictSame(tell(`0 ${hard}`), {
    kind: 'call',
    event: {
      monitor: 'nagios',
      host: 'web1',
      service: 'HTTP',
      state: 'CRITICAL',
      stateType: 'HARD',
      attempt: 4,
      inDowntime: false,
      maxAttempts: 4,
    },
    facts: { certname: 'web1', groups: [{ name: 'web', members: 2 }] },
    keys: { host: 'web1', service: 'web1\tHTTP' },
  });
  t.strictSame(tell('0 HOST ALERT: WEB2;DOWN;SOFT;1;x'), {
    kind: 'call',
    event: {
      monitor: 'nagios',
      host: 'WEB2',
      state: 'DOWN',
      stateType: 'SOFT',
      attempt: 1,
      inDowntime: false,
    },
    facts: { certname: 'web2', groups: [] },
    keys: { host: 'web2', service: 'web2\t' },
  });
  for (const text of [
    '0 LOG ROTATION: DAILY',
    '0 nothing',
    '0 SERVICE ALERT: x',
  ]) {
    t.strictSame(tell(text), { kind: 'nothing' }, text);
  }
});

void t.test(
  'names keep their bytes, and two that differ are two',
  async (t) => {
    const { eventOf, state } = createTold();
    const first = eventOf('0 SERVICE ALERT: web1;T\xfcr;CRITICAL;HARD;4;x');
    t.equal(first?.service, 'T\ueffcr');
    const second = eventOf(
      '0 SERVICE ALERT: web1;T\xc3\xbcr;CRITICAL;HARD;4;x',
    );
    t.equal(second?.service, 'Tür');
    eventOf('1 SERVICE DOWNTIME ALERT: web1;T\xfcr;STARTED; x');
    t.equal(first && state.refresh(first, startMs + 2000).inDowntime, true);
    t.equal(second && state.refresh(second, startMs + 2000).inDowntime, false);
  },
);

void t.test('a line that called nobody, and a volatile service', async (t) => {
  const objects = new Map([
    ['web1;Log', { isVolatile: true }],
    ['web1;HTTP', { isVolatile: false }],
  ]);
  const { tell } = createTold({ objects });
  const kindOf = (text: string): string => tell(text).kind;
  t.equal(kindOf(`0 ${hard}`), 'call');
  t.equal(kindOf(`60 ${hard} and y`), 'no-call');
  t.equal(kindOf(`60 ${hard} and y`), 'no-call');
  t.equal(kindOf(`120 ${green}`), 'call');
  t.equal(kindOf(`180 ${green} still`), 'no-call');
  t.equal(kindOf('0 SERVICE ALERT: web1;Log;CRITICAL;HARD;1;a'), 'call');
  t.equal(kindOf('1 SERVICE ALERT: web1;Log;CRITICAL;HARD;1;b'), 'call');
  const unknown = 'SERVICE ALERT: web1;SSH;CRITICAL;HARD;1;';
  t.equal(kindOf(`0 ${unknown}a`), 'call');
  t.equal(kindOf(`1 ${unknown}b`), 'no-call', 'stalking');
  t.equal(kindOf(`2 ${unknown}b`), 'call', 'stalking never says the same');
  t.equal(kindOf(`3 ${unknown}c`), 'call', 'volatile from then on');
});

void t.test('states that are told at a rotation', async (t) => {
  const { tell } = createTold();
  const current = (state: string): string =>
    `0 CURRENT SERVICE STATE: web1;HTTP;${state};HARD;4;x`;
  t.strictSame(tell(current('OK')), { kind: 'nothing' });
  const missed = tell(current('CRITICAL'));
  t.equal(missed.kind, 'missed');
  t.match(missed, { event: { state: 'CRITICAL', stateType: 'HARD' } });
  t.strictSame(tell(current('CRITICAL')), { kind: 'nothing' }, 'known');
  t.strictSame(tell(current('WARNING')), { kind: 'nothing' });
  t.strictSame(
    tell('1 SERVICE ALERT: web1;HTTP;WARNING;HARD;4;y'),
    { kind: 'no-call' },
    'it was told before',
  );
  t.match(tell(current('OK')), { kind: 'missed', event: { state: 'OK' } });
  const first = createTold().tell('0 INITIAL HOST STATE: web1;DOWN;HARD;1;x');
  t.match(first, { kind: 'missed', event: { state: 'DOWN' } });
});

void t.test('the most attempts: HARD while the host is up', async (t) => {
  const down = 'HOST ALERT: web1;DOWN;HARD;3;x';
  const up = 'HOST ALERT: web1;UP;HARD;1;x';
  const hard2 = 'SERVICE ALERT: web1;HTTP;CRITICAL;HARD;2;x';
  const rows: [string[], number | undefined][] = [
    [[hard, green, soft(1)], 4],
    [[down, hard2, up, green, soft(1)], undefined],
    [
      ['HOST ALERT: web1;UNREACHABLE;SOFT;1;x', hard2, green, soft(1)],
      undefined,
    ],
    [[down, up, hard2, green, soft(1)], 2],
    [
      ['CURRENT HOST STATE: web1;DOWN;HARD;1;x', hard2, green, soft(1)],
      undefined,
    ],
    [[soft(2), hard2, green, soft(1)], undefined],
    [
      ['CURRENT SERVICE STATE: web1;HTTP;CRITICAL;HARD;2;x', green, soft(1)],
      undefined,
    ],
    [[soft(3), 'Nagios 4.4.6 starting... (PID=9)', hard2, green, soft(1)], 2],
  ];
  for (const [lines, most] of rows) {
    const told = lines.map((line, index) => `${index} ${line}`);
    t.equal(createTold().eventOf(...told)?.maxAttempts, most, lines.join(', '));
  }
  const objects = new Map([
    ['web1;HTTP', { maxAttempts: 10, isVolatile: false }],
  ]);
  t.equal(createTold({ objects }).eventOf(`0 ${soft(1)}`)?.maxAttempts, 10);
});

void t.test('a downtime, of the service or of its host', async (t) => {
  const start = 'Nagios 4.4.6 starting... (PID=9)';
  const service = 'SERVICE DOWNTIME ALERT: web1;HTTP';
  const host = 'HOST DOWNTIME ALERT: web1';
  const plan = (from: number, to: number, more = '1;0;7200;ada;x'): string =>
    `${1_700_000_000 + from};${1_700_000_000 + to};${more}`;
  const command = 'EXTERNAL COMMAND: ';
  const rows: [string[], boolean][] = [
    [[`0 ${service};STARTED; x`, `9 ${hard}`], true],
    [[`0 ${host};STARTED; x`, `9 ${hard}`], true],
    [[`0 ${host};STARTED; x`, `5 ${host};STOPPED; x`, `9 ${hard}`], false],
    [[`0 ${host};STARTED; x`, `5 ${host};CANCELLED; x`, `9 ${hard}`], false],
    [['0 HOST DOWNTIME ALERT: web2;STARTED; x', `9 ${hard}`], false],
    // A start that does not tell it again ends it.
    [[`0 ${host};STARTED; x`, `5 ${start}`, `9 ${hard}`], false],
    [
      [
        `0 ${host};STARTED; x`,
        `5 ${start}`,
        `6 ${host};STARTED; x`,
        `9 ${hard}`,
      ],
      true,
    ],
    // Its own end, where nobody says that it is over.
    [
      [
        `0 ${command}SCHEDULE_HOST_DOWNTIME;web1;${plan(10, 100)}`,
        `10 ${host};STARTED; x`,
        `99 ${hard}`,
      ],
      true,
    ],
    [
      [
        `0 ${command}SCHEDULE_HOST_DOWNTIME;web1;${plan(10, 100)}`,
        `10 ${host};STARTED; x`,
        `100 ${hard}`,
      ],
      false,
    ],
    [
      [
        `0 ${command}SCHEDULE_SVC_DOWNTIME;web1;HTTP;${plan(10, 100)}`,
        `10 ${service};STARTED; x`,
        `100 ${hard}`,
      ],
      false,
    ],
    [
      [
        `0 ${soft(1)}`,
        `0 ${command}SCHEDULE_HOST_SVC_DOWNTIME;web1;${plan(10, 100)}`,
        `10 ${service};STARTED; x`,
        `100 ${hard}`,
      ],
      false,
    ],
    [
      [
        `0 ${command}SCHEDULE_HOSTGROUP_HOST_DOWNTIME;web;${plan(10, 100)}`,
        `10 ${host};STARTED; x`,
        `100 ${hard}`,
      ],
      false,
    ],
    [
      [
        `0 ${command}SCHEDULE_HOST_DOWNTIME;web1;${plan(10, 900, '0;0;60;ada;x')}`,
        `30 ${host};STARTED; x`,
        `90 ${hard}`,
      ],
      false,
    ],
    // One more into the one that lasts.
    [
      [
        `0 ${command}SCHEDULE_HOST_DOWNTIME;web1;${plan(10, 100)}`,
        `10 ${host};STARTED; x`,
        `50 ${command}SCHEDULE_HOST_DOWNTIME;web1;${plan(50, 200)}`,
        `150 ${hard}`,
      ],
      true,
    ],
    // A plan that is over says nothing of the next one.
    [
      [
        `0 ${command}SCHEDULE_HOST_DOWNTIME;web1;${plan(10, 100)}`,
        `10 ${host};STARTED; x`,
        `100 ${host};STOPPED; x`,
        `200 ${host};STARTED; x`,
        `900 ${hard}`,
      ],
      true,
    ],
    [
      [
        `0 ${host};STARTED; x`,
        `0 ${service};STARTED; x`,
        `5 ${command}DEL_DOWNTIME_BY_HOST_NAME;web1`,
        `9 ${hard}`,
      ],
      false,
    ],
    [
      [
        `0 ${host};STARTED; x`,
        `0 ${service};STARTED; x`,
        `5 ${command}DEL_DOWNTIME_BY_HOST_NAME;web1;HTTP`,
        `9 ${hard}`,
      ],
      true,
    ],
  ];
  for (const [lines, isIn] of rows) {
    const { eventOf } = createTold({ groups: new Map([['web', ['web1']]]) });
    t.equal(eventOf(...lines)?.inDowntime, isIn, lines.join(' | '));
  }
});

void t.test('flapping', async (t) => {
  const flapping = 'SERVICE FLAPPING ALERT: web1;HTTP';
  const rows: [string[], boolean | undefined][] = [
    [[`0 ${flapping};STARTED; x`, `9 ${hard}`], true],
    [
      [`0 ${flapping};STARTED; x`, `5 ${flapping};STOPPED; x`, `9 ${hard}`],
      undefined,
    ],
    [
      [`0 ${flapping};STARTED; x`, `5 ${flapping};DISABLED; x`, `9 ${hard}`],
      undefined,
    ],
    [
      [
        `0 ${flapping};STARTED; x`,
        '5 Nagios 4.4.6 starting... (PID=9)',
        `9 ${hard}`,
      ],
      undefined,
    ],
    [['0 HOST FLAPPING ALERT: web1;STARTED; x', `9 ${hard}`], undefined],
  ];
  for (const [lines, isFlapping] of rows) {
    t.equal(
      createTold().eventOf(...lines)?.isFlapping,
      isFlapping,
      lines.join(' | '),
    );
  }
});

void t.test('of several monitors each ends what it told itself', async (t) => {
  const start = 'Nagios 4.4.6 starting... (PID=9)';
  const flag = 'HOST DOWNTIME ALERT: web1;STARTED; x';
  const rows: [string[], boolean][] = [
    [[`0 @0 ${flag}`, `5 @1 ${start}`, `9 @0 ${hard}`], true],
    [[`0 @0 ${flag}`, `5 @0 ${start}`, `9 @0 ${hard}`], false],
    // The next archive of the same monitor, and its start.
    [[`0 @0 ${flag}`, `5 @1 ${start}`, `6 @1 ${hard}`], false],
  ];
  for (const [lines, isIn] of rows) {
    t.equal(
      createTold({ isAlone: false }).eventOf(...lines)?.inDowntime,
      isIn,
      lines.join(' | '),
    );
  }
  t.equal(
    createTold().eventOf(`0 @0 ${flag}`, `5 @1 ${start}`, `9 @0 ${hard}`)
      ?.inDowntime,
    false,
    'two archives of one monitor',
  );
});

void t.test('flags that are older than days', async (t) => {
  const { tell, state } = createTold();
  tell('0 HOST DOWNTIME ALERT: web1;STARTED; x');
  tell('0 SERVICE FLAPPING ALERT: web2;SSH;STARTED; x');
  tell(`${day} ${hard}`);
  t.strictSame(state.oldFlags(), [], 'a day is nothing');
  tell(`${3 * day} SERVICE ALERT: web1;HTTP;WARNING;HARD;4;x`);
  tell(`${3 * day} ${green}`);
  tell(`${4 * day} ${hard}`);
  tell(`${4 * day} SERVICE ALERT: web2;SSH;CRITICAL;HARD;4;x`);
  t.strictSame(state.oldFlags(), [
    { host: 'web1', flag: 'downtime', sinceMs: startMs, alerts: 2 },
    {
      host: 'web2',
      service: 'SSH',
      flag: 'flapping',
      sinceMs: startMs,
      alerts: 1,
    },
  ]);
  const known = createTold();
  known.tell(
    `0 EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;web1;1700000000;${1_700_000_000 + 90 * day};1;0;0;ada;x`,
  );
  known.tell('0 HOST DOWNTIME ALERT: web1;STARTED; x');
  t.equal(known.eventOf(`${80 * day} ${hard}`)?.inDowntime, true);
  t.strictSame(known.state.oldFlags(), [], 'somebody wanted it so');
});

void t.test('since when, where a start tells it again', async (t) => {
  const { tell, state } = createTold();
  tell('0 HOST DOWNTIME ALERT: web1;STARTED; x');
  tell(`${2 * day} Nagios 4.4.6 starting... (PID=9)`);
  tell(`${2 * day} HOST DOWNTIME ALERT: web1;STARTED; x`);
  tell(`${4 * day} ${hard}`);
  t.match(state.oldFlags(), [{ sinceMs: startMs, alerts: 1 }]);
});

void t.test('acknowledgements', async (t) => {
  const command = (sticky: number, name = 'ACKNOWLEDGE_SVC_PROBLEM'): string =>
    `EXTERNAL COMMAND: ${name};web1;HTTP;${sticky};1;0;ada;x`;
  const notified =
    'SERVICE NOTIFICATION: ops;web1;HTTP;ACKNOWLEDGEMENT (CRITICAL);mail;x;bob;y';
  const warning = 'SERVICE ALERT: web1;HTTP;WARNING;HARD;4;x';
  const expire =
    'EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web1;HTTP;2;1;0;1700000100;ada;x';
  const rows: [string[], string | undefined][] = [
    [[`0 ${soft(1)}`, `1 ${command(2)}`, `2 ${soft(2)}`], 'ada'],
    [[`1 ${command(2)}`, `2 ${soft(2)}`], 'ada'],
    [[`0 ${hard}`, `1 ${command(2)}`, `2 ${warning}`], 'ada'],
    [[`0 ${hard}`, `1 ${command(1)}`, `2 ${warning}`], undefined],
    [[`0 ${soft(3)}`, `1 ${command(1)}`, `2 ${hard}`], 'ada'],
    [[`0 ${hard}`, `1 ${command(2)}`, `2 ${green}`, `3 ${hard}`], undefined],
    [[`0 ${green}`, `1 ${command(2)}`, `2 ${soft(1)}`], undefined],
    [
      [
        `0 ${hard}`,
        `1 ${command(2)}`,
        `2 EXTERNAL COMMAND: REMOVE_SVC_ACKNOWLEDGEMENT;web1;HTTP`,
        `3 ${warning}`,
      ],
      undefined,
    ],
    [[`0 ${hard}`, `1 ${notified}`, `2 ${warning}`], 'bob'],
    [[`0 ${hard}`, `1 ${command(2)}`, `1 ${notified}`, `2 ${warning}`], 'ada'],
    [
      [`0 ${hard}`, `1 ${command(1)}`, `1 ${notified}`, `2 ${warning}`],
      undefined,
    ],
    [[`0 ${hard}`, `1 ${expire}`, `99 ${warning}`], 'ada'],
    [[`0 ${hard}`, `1 ${expire}`, `100 ${warning}`], undefined],
  ];
  for (const [lines, by] of rows) {
    t.equal(
      createTold().eventOf(...lines)?.acknowledgedBy,
      by,
      lines.join(' | '),
    );
  }
  const host = createTold().eventOf(
    '0 HOST ALERT: web1;DOWN;SOFT;1;x',
    '1 EXTERNAL COMMAND: ACKNOWLEDGE_HOST_PROBLEM;web1;2;1;0;ada;x',
    '2 HOST ALERT: web1;DOWN;HARD;3;x',
  );
  t.equal(host?.acknowledgedBy, 'ada');
});

void t.test('an event as it would be told later', async (t) => {
  const { tell, eventOf, state } = createTold();
  const event = eventOf(`0 ${hard}`);
  if (event === undefined) throw new Error('no call');
  tell('5 SERVICE DOWNTIME ALERT: web1;HTTP;STARTED; x');
  tell('5 EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;web1;HTTP;2;1;0;ada;x');
  t.strictSame(state.refresh(event, startMs + 6000), {
    ...event,
    inDowntime: true,
    acknowledgedBy: 'ada',
  });
  const { service: _service, ...stranger } = { ...event, host: 'web9' };
  t.equal(state.refresh(stranger, startMs), stranger);
});

void t.test("Icinga 2's compat log: attempts begin anew at HARD", async (t) => {
  const { eventOf } = createTold();
  const first = 'SERVICE ALERT: web1;HTTP;CRITICAL;HARD;1;x';
  t.match(eventOf(`0 ${soft(1)}`, `1 ${soft(2)}`, `2 ${first}`), {
    stateType: 'HARD',
    maxAttempts: 3,
  });
  t.equal(eventOf(`9 ${green}`, `10 ${soft(1)}`)?.maxAttempts, 3);
  // HARD at once, as a passive result is: that says nothing.
  t.notOk('maxAttempts' in (createTold().eventOf(`0 ${first}`) ?? {}));
});

void t.test("Icinga 2's compat log: what was never checked", async (t) => {
  const { tell } = createTold();
  t.strictSame(tell('0 CURRENT HOST STATE: web1;DOWN;SOFT;1;'), {
    kind: 'nothing',
  });
  t.match(tell('1 CURRENT HOST STATE: web1;DOWN;SOFT;1;no answer'), {
    kind: 'missed',
  });
});
