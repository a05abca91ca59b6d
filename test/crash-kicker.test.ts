import { join } from 'node:path';
import t from 'tap';
import { buildKickd, buildKicker } from './crash/kickd.ts';
import { judgeKicker, type KickerLaw } from './crash/kicker-judge.ts';
import type { LedgerRow } from './crash/kicker-ledger.ts';
import { runKickerPoints } from './crash/kicker-points.ts';
import type { MonitorEvent } from './crash/kicker-site.ts';

/** The short form of what `npm run test:crash` does to kicker. */
const points = 15;

t.test('killed at random instants, kicker keeps its word', async (t) => {
  const dir = t.testdir();
  const seed = Date.now() % 1_000_000;
  t.comment(`seed ${String(seed)}`);
  const result = await runKickerPoints({
    dir: join(dir, 'site'),
    kicker: await buildKicker(join(dir, 'kicker')),
    kickd: await buildKickd(join(dir, 'kickd')),
    seed,
    points,
    onPoint: () => undefined,
  });
  t.same(result.breaches, []);
  t.equal(result.points, points);
  t.ok(
    result.events > points && result.kicks > 0 && result.commands > 0,
    JSON.stringify(result),
  );
  t.equal(result.pairs, points / 3);
  if (result.whyNotApart !== undefined) {
    t.comment(`SKIPPED: no PID namespace of its own: ${result.whyNotApart}`);
  }
});

const event = (part: Partial<MonitorEvent> = {}): MonitorEvent => ({
  host: 'web1',
  service: 'HTTP',
  problem: 1,
  state: 'CRITICAL',
  stateType: 'SOFT',
  attempt: 3,
  ...part,
});
const problem = JSON.stringify(['nagios', 'web1', 'HTTP', '1']);
let seq = 0;
const row = (kind: string, body: unknown, more: Partial<LedgerRow> = {}) => ({
  seq: ++seq,
  at: '2026-01-01T00:00:00Z',
  kind,
  kick: null,
  problem,
  source: null,
  body,
  ...more,
});
const target = { target: { certname: 'web1' } };
const decided = (file = 'a') => [
  row('event', event(), { source: file }),
  row('decision', { kind: 'kick' }),
];
const kicked = (kick = 'k', at = '2026-01-01T00:00:00Z') =>
  row('kick', target, { kick, at });
const ended = (kind = 'ended', kick = 'k') =>
  row('outcome', { kind }, { kick });
const once = new Map([['k', 1]]);
const whole = [...decided(), kicked(), ended()];
const called = row('escalation', { about: 'problem', reason: 'in vain' });

/** The judge itself: each breach that it has to see, and what is none. */
const cases: [
  string,
  LedgerRow[],
  {
    accepted?: Map<string, number>;
    counted?: number;
    open?: number;
    pages?: string[];
    commands?: string[];
  },
  KickerLaw[],
][] = [
  ['all is well', whole, {}, []],
  [
    'an event that nobody took',
    [],
    { accepted: new Map(), counted: 0 },
    ['lost'],
  ],
  ['an event twice', [...whole, ...decided('b')], {}, ['doubled']],
  [
    'no decision',
    [row('event', event(), { source: 'a' }), kicked(), ended()],
    {},
    ['lost'],
  ],
  [
    'two kicks of one problem',
    [...whole, kicked('l', '2026-01-01T00:01:00Z'), ended('gave-up', 'l')],
    { counted: 2 },
    ['doubled'],
  ],
  [
    'a host took it twice',
    whole,
    { accepted: new Map([['k', 2]]) },
    ['doubled'],
  ],
  [
    'sent and not written',
    whole,
    { accepted: new Map([...once, ['other', 1]]) },
    ['lost'],
  ],
  ['no outcome', [...decided(), kicked()], {}, ['lost', 'lost']],
  ['two outcomes', [...whole, ended()], {}, ['lost']],
  ['ended without a run', whole, { accepted: new Map() }, ['lost']],
  [
    'a run, and told that it never got through',
    [...decided(), kicked(), ended('gave-up')],
    {},
    ['lost'],
  ],
  [
    'a run of which nobody knows',
    [...decided(), kicked(), ended('not-known')],
    {},
    ['lost'],
  ],
  [
    'a run of which nobody knows, and the problem was over',
    [
      ...decided(),
      kicked(),
      row('event', event({ state: 'OK' })),
      row('decision', {}),
      ended('not-known'),
    ],
    {},
    [],
  ],
  ['not counted', whole, { counted: 0 }, ['forgotten']],
  ['under way for ever', whole, { open: 1 }, ['forgotten']],
  [
    'before the interval was over',
    [
      ...whole,
      row('kick', target, {
        kick: 'l',
        problem: '["nagios","web1","SMTP","2"]',
        at: '2026-01-01T00:00:00.5Z',
      }),
      ended('gave-up', 'l'),
    ],
    {},
    ['forgotten'],
  ],
  ['nobody was called', [...whole, called], {}, ['lost']],
  [
    'called twice',
    [...whole, called],
    { pages: Array(2).fill('{"subject":"web1 / HTTP","reason":"in vain"}') },
    [],
  ],
];

const kickId = '01990000-0000-7000-8000-00000000000a';
const laterId = '01990000-0000-7000-8000-00000000000b';
const runId = '01990000-0000-7000-8000-00000000000c';
const twoKicks = [
  ...decided(),
  kicked(kickId),
  row('outcome', { kind: 'ended', run: runId }, { kick: kickId }),
  row('kick', target, {
    kick: laterId,
    problem: '["nagios","web1","HTTP","2"]',
    at: '2026-01-01T00:01:00Z',
  }),
  ended('gave-up', laterId),
];
const tell = (command: string, text: string, service = 'HTTP') =>
  `[1] ${command};web1;${service};kicker;${text}`;
const healing = tell(
  'ACKNOWLEDGE_SVC_PROBLEM',
  `kicker: healing, run ${runId}`,
);
const corrected = tell(
  'ADD_SVC_COMMENT',
  `kicker: corrected x, run ${runId}, kick ${kickId}`,
);
const inVain = tell(
  'ADD_SVC_COMMENT',
  `kicker: the run did not help, kick ${kickId}`,
);
const later = tell('ADD_SVC_COMMENT', `kicker: x, kick ${laterId}`);
const orders: [string, string[], KickerLaw[]][] = [
  ['in order', [healing, corrected, corrected, inVain, later], []],
  ['an acknowledgement late', [corrected, healing], ['out of order']],
  ['again after a later one', [corrected, inVain, corrected], ['out of order']],
  ['two kicks', [later, inVain], ['out of order']],
  ['two services', [later.replace('HTTP', 'SMTP'), inVain], []],
];
for (const [name, commands, laws] of orders) {
  cases.push([
    `commands: ${name}`,
    twoKicks,
    { accepted: new Map([[kickId, 1]]), counted: 2, commands },
    laws,
  ]);
}

for (const [name, rows, told, laws] of cases) {
  t.test(`the judge of kicker: ${name}`, async (t) => {
    const {
      accepted = once,
      counted = 1,
      open = 0,
      pages = [],
      commands = [],
    } = told;
    const breaches = judgeKicker(
      [event()],
      { rows, counted: new Map([['web1\tHTTP', counted]]), open },
      {
        accepted: () => accepted,
        starts: () => new Map(),
        pages: () => pages,
        commands: () => commands,
      },
    );
    t.same(
      breaches.map(({ law }) => law),
      laws,
      JSON.stringify(breaches),
    );
  });
}
