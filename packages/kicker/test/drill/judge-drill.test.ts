process.env['TZ'] = 'UTC';
import t from 'tap';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { DrillRule, RuleSet } from '../../src/decide/rules.ts';
import { emptyService } from '../../src/decide/service-memory.ts';
import {
  healingRule,
  judgeDrill,
  type DrillWorld,
} from '../../src/drill/judge-drill.ts';
import type { PastDrill } from '../../src/drill/past-drills.ts';
import { memoryOf } from '../decide/situation-of.ts';

const certname = 'web1.example.com';
const file = '/etc/kicker/rules.yaml';
/** a Tuesday */
const wallMs = Date.parse('2026-03-03T12:00:00Z');
const atMs = 30 * 60 * 1000;
const moment = { wallMs, boot: 'test', monotonicMs: atMs };
const fleet = { moment, steadyMs: atMs, open: 0, kicks: [] };
const agreement: DrillRule = {
  place: `${file}:9`,
  match: { host: ['web*'], service: ['HTTP'] },
  window: { days: ['tue'], from: '10:00', to: '16:00' },
  intervalSeconds: 3600,
};
const rules: RuleSet = {
  source: file,
  rules: [{ ...defaultRule, name: 'web', place: `${file}:2` }],
  guards: defaultRuleSet.guards,
  drills: [agreement],
};
const green = { kind: 'seen', isGreen: true, checkedMs: wallMs } as const;
const past: PastDrill = {
  kick: 'k',
  at: '2026-03-03T11:30:00Z',
  by: 'ada',
  reason: 'x',
  service: 'HTTP',
  until: '2026-03-03T11:41:00Z',
  isEnded: true,
  hasBroken: true,
};

function worldOf(
  given: Partial<DrillWorld> & { records?: Record<string, unknown> },
): DrillWorld {
  const { records = {}, ...more } = given;
  return {
    rules,
    memory: memoryOf({ 'fleet ': fleet, ...records }),
    facts: { certname, groups: [{ name: 'web', members: 10 }] },
    now: moment,
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    seen: green,
    isServed: true,
    ledgerFile: '/var/lib/kicker/ledger.sqlite',
    rulesFile: file,
    past: [],
    ...more,
  };
}

const service = (part: object) => ({
  [`service ${certname}\tHTTP`]: { ...emptyService(0), ...part },
});
const host = (part: object) => ({ [`host ${certname}`]: { bad: [], ...part } });
const counts = (hosts: number) => ({ 'group web': { counts: { 0: hosts } } });
const aside = (part: object) => ({ seen: { ...green, aside: part } });

/** Each row: the world, and the codes that keep the drill from beginning. */
const rows: [string, Parameters<typeof worldOf>[0], string[]][] = [
  ['all is well', {}, []],
  ['well, and told so', aside({ inDowntime: false, troubles: [] }), []],
  [
    'nothing is agreed',
    { rules: { ...rules, drills: [] } },
    ['DRILL_NOT_AGREED'],
  ],
  ['another service', { service: 'SSH' }, ['DRILL_NOT_AGREED']],
  ['another host', { host: 'db1' }, ['DRILL_NOT_AGREED']],
  [
    'a group that the host is not in',
    {
      rules: {
        ...rules,
        drills: [
          { ...agreement, match: { ...agreement.match, hostGroup: ['lab'] } },
        ],
      },
    },
    ['DRILL_NOT_AGREED'],
  ],
  [
    'the group that the host is in',
    {
      rules: {
        ...rules,
        drills: [
          { ...agreement, match: { ...agreement.match, hostGroup: ['web'] } },
        ],
      },
    },
    [],
  ],
  [
    'outside the window',
    { now: { ...moment, wallMs: Date.parse('2026-03-03T16:00:00Z') } },
    ['DRILL_WINDOW'],
  ],
  [
    'a second agreement is open',
    {
      now: { ...moment, wallMs: Date.parse('2026-03-03T16:00:00Z') },
      rules: {
        ...rules,
        drills: [
          agreement,
          { ...agreement, window: { ...agreement.window, to: '17:00' } },
        ],
      },
    },
    [],
  ],
  ['a drill of late', { past: [past] }, ['DRILL_TOO_RECENT']],
  [
    'a drill of long ago',
    { past: [{ ...past, at: '2026-03-03T11:00:00Z' }] },
    [],
  ],
  ['of another service', { past: [{ ...past, service: 'SSH' }] }, []],
  ['one that broke nothing', { past: [{ ...past, hasBroken: false }] }, []],
  [
    'one that was killed, and is over by time',
    { past: [{ ...past, isEnded: false, at: '2026-03-03T10:00:00Z' }] },
    [],
  ],
  [
    'another drill on the host',
    {
      past: [
        {
          ...past,
          service: 'SSH',
          isEnded: false,
          until: '2026-03-03T12:00:01Z',
        },
      ],
    },
    ['DRILL_UNDER_WAY'],
  ],
  [
    'stopped',
    {
      records: {
        'fleet ': {
          ...fleet,
          stopped: { by: 'ada', reason: 'move', at: '2026-03-03T11:00:00Z' },
        },
      },
    },
    ['DRILL_STOPPED'],
  ],
  ['nobody serves', { isServed: false }, ['DRILL_NOT_SERVED']],
  ['a storm', { records: counts(4) }, ['DRILL_STORM']],
  [
    'this one more would be a storm',
    { records: counts(3) },
    ['DRILL_GROUP_UNHEALTHY'],
  ],
  ['one more, and none', { records: counts(2) }, []],
  [
    'a storm that is not over long enough',
    {
      records: {
        'group web': {
          counts: {},
          storm: { sinceMs: 0, belowSinceMs: atMs, isTold: true },
        },
      },
    },
    ['DRILL_STORM'],
  ],
  [
    'the CM server',
    {
      records: {
        'server ': { failed: ['a', 'b', 'c'], openSinceMs: atMs, isTold: true },
      },
    },
    ['DRILL_SERVER_TROUBLE'],
  ],
  [
    'the monitor',
    {
      facts: {
        certname,
        groups: [],
        monitorTrouble: 'its status data are 400 s old',
      },
    },
    ['DRILL_MONITOR_TROUBLE'],
  ],
  [
    'the host is down',
    { records: host({ state: 'DOWN' }) },
    ['DRILL_HOST_TROUBLE'],
  ],
  ['the host is up', { records: host({ state: 'UP' }) }, []],
  [
    'another service of it',
    { records: host({ bad: ['SSH'] }) },
    ['DRILL_HOST_TROUBLE'],
  ],
  [
    'a kick for another service',
    { records: host({ open: { kick: 'k', service: 'SSH' } }) },
    ['DRILL_HOST_TROUBLE'],
  ],
  [
    'a kick for this one',
    { records: service({ open: { kick: 'k', isNoop: false } }) },
    ['DRILL_HOST_TROUBLE'],
  ],
  [
    'a run that is looked at',
    {
      records: service({
        verifying: { kick: 'k', untilMs: atMs + 1000, futileRuns: 2 },
      }),
    },
    ['DRILL_HOST_TROUBLE'],
  ],
  [
    'the monitor sees more',
    aside({ troubles: ['SSH is WARNING'] }),
    ['DRILL_HOST_TROUBLE'],
  ],
  ['downtime', aside({ inDowntime: true }), ['DRILL_DOWNTIME']],
  ['acknowledged', aside({ isAcknowledged: true }), ['DRILL_ACKNOWLEDGED']],
  ['flapping', aside({ isFlapping: true }), ['DRILL_FLAPPING']],
  ['not green', { seen: { ...green, isGreen: false } }, ['DRILL_NOT_GREEN']],
  ['not seen', { seen: { kind: 'not-known' } }, ['DRILL_NOT_SEEN']],
  ['no rule heals it', { rules: { ...rules, rules: [] } }, ['DRILL_NO_KICK']],
  [
    'the rule only observes',
    { rules: { ...rules, rules: [{ ...defaultRule, mode: 'observe' }] } },
    ['DRILL_NO_KICK'],
  ],
  [
    'the rule only looks what would change',
    { rules: { ...rules, rules: [{ ...defaultRule, mode: 'noop' }] } },
    ['DRILL_NO_KICK'],
  ],
  [
    'cool-down',
    { records: service({ lastEndMs: atMs - 60_000 }) },
    ['DRILL_NO_KICK'],
  ],
  [
    'the host was kicked of late',
    { records: host({ lastKickMs: atMs - 60_000 }) },
    ['DRILL_NO_KICK'],
  ],
  [
    'all of it at once',
    {
      rules: { ...rules, drills: [] },
      isServed: false,
      seen: { ...green, isGreen: false, aside: { inDowntime: true } },
      records: host({ bad: ['SSH'] }),
    },
    [
      'DRILL_NOT_AGREED',
      'DRILL_NOT_SERVED',
      'DRILL_HOST_TROUBLE',
      'DRILL_DOWNTIME',
      'DRILL_NOT_GREEN',
    ],
  ],
];
for (const [name, world, codes] of rows) {
  t.test(name, (t) => {
    const conditions = judgeDrill(worldOf(world));
    t.strictSame(
      conditions.flatMap(({ fault }) => fault?.code ?? []),
      codes,
    );
    for (const { isMet, fault, name } of conditions) {
      t.equal(isMet === false, fault !== undefined, name);
      if (fault !== undefined) t.equal(fault.exitCode, 1);
    }
    t.equal(
      conditions.every(({ isMet }) => isMet !== false),
      codes.length === 0,
    );
    t.end();
  });
}

t.test('each row is judged as often as there are conditions', (t) => {
  const names = judgeDrill(worldOf({})).map(({ name }) => name);
  t.equal(names.length, 16);
  t.equal(new Set(names).size, 16);
  t.ok(judgeDrill(worldOf({})).every(({ isMet }) => isMet === true));
  t.end();
});

t.test('what to type', (t) => {
  const faultOf = (world: Parameters<typeof worldOf>[0]) =>
    judgeDrill(worldOf(world)).flatMap(({ fault }) => fault ?? [])[0];
  t.match(faultOf({ rules: { ...rules, drills: [] } }), {
    message:
      /^drill is not agreed: .*rules\.yaml has no drill for web1 \/ HTTP$/,
    remedy:
      /^add to .*rules\.yaml: drill: \[\{match: \{host: "web1", service: "HTTP"\}, window: /,
  });
  // without a file of rules: what is written has to be whole
  t.match(faultOf({ rules: { ...defaultRuleSet } }), {
    remedy: /^write to .*: \{rules: \[\{name: all, .*\}\], drill: \[.*\]\};/,
  });
  t.match(
    faultOf({ now: { ...moment, wallMs: Date.parse('2026-03-04T09:05:00Z') } }),
    {
      message:
        'now it is wed 09:05 (UTC), and the drill is agreed for tue 10:00 to 16:00',
    },
  );
  t.match(faultOf({ past: [past] }), {
    message: /began 30 min ago \(intervalSeconds is 3600, .*rules\.yaml:9\)/,
  });
  t.match(
    faultOf({
      host: "web's",
      rules: { ...rules, drills: [{ ...agreement, match: { host: ['*'] } }] },
      seen: { ...green, isGreen: false },
    }),
    { remedy: String.raw`kicker why 'web'\''s' HTTP` },
  );
  t.end();
});

t.test('the rule that would heal it', (t) => {
  t.equal(healingRule(worldOf({}))?.name, 'web');
  t.equal(healingRule(worldOf({ rules: { ...rules, rules: [] } })), undefined);
  t.end();
});
