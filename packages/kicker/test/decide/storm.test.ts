import t from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { GroupMemory } from '../../src/decide/memory.ts';
import { isOver, judgeStorm } from '../../src/decide/storm.ts';
import { situationOf } from './situation-of.ts';

const { guards } = defaultRuleSet;
const minute = 60 * 1000;

void t.test('the limit', async (t) => {
  const rows: [
    unhealthy: number,
    members: number | undefined,
    isOver: boolean,
  ][] = [
    [10, undefined, false],
    [11, undefined, true],
    [3, 10, false],
    [4, 10, true],
    [1, 1, false],
    [2, 4, true],
    [1, 3, false],
    [2, 7, false],
  ];
  for (const [unhealthy, members, over] of rows) {
    t.equal(
      isOver(unhealthy, members, guards),
      over,
      `${unhealthy} of ${members}`,
    );
  }
});

const judge = (
  memory: GroupMemory | undefined,
  backlog: 'drop' | 'replay' = 'drop',
  facts: object = {},
) =>
  judgeStorm(
    situationOf({
      guards: { storm: { exitDelaySeconds: 600, backlog } },
      groups: [
        { facts: { name: 'idle', members: 10 }, memory: undefined },
        { facts: { name: 'web', members: 10, ...facts }, memory },
      ],
    }),
  );
const reason =
  '4 of the 10 hosts of web are unhealthy or in healing (guards.share.percent is 30, hosts is 2)';
const escalate = { about: 'storm of web', reason: `storm: ${reason}` };

void t.test('over the limit', async (t) => {
  t.equal(judge(undefined), undefined);
  t.equal(judge({ counts: { '0': 3 } }), undefined);
  t.strictSame(judge({ counts: { '0': 4 } }), {
    kind: 'skip',
    code: 'storm',
    reason,
    escalate,
  });
  t.strictSame(
    judge({ counts: { '0': 4 }, storm: { sinceMs: 0, isTold: true } }),
    {
      kind: 'skip',
      code: 'storm',
      reason,
    },
  );
  t.strictSame(judge({ counts: { '0': 4 } }, 'replay'), {
    kind: 'wait',
    code: 'storm-waiting',
    reason,
    againAfterMs: 10 * minute,
    escalate,
  });
});

void t.test('below it, until the delay is over', async (t) => {
  const memory = (belowSinceMs: number) => ({
    counts: { '0': 1 },
    storm: { sinceMs: 0, isTold: true, belowSinceMs },
  });
  t.equal(judge(memory(20 * minute)), undefined);
  t.strictSame(judge(memory(22 * minute), 'replay'), {
    kind: 'wait',
    code: 'storm-waiting',
    reason:
      '1 of the 10 hosts of web are unhealthy or in healing, which is below the limit only since 8 min (guards.storm.exitDelaySeconds is 600)',
    againAfterMs: 2 * minute,
  });
  t.match(
    judge({ counts: {}, storm: { sinceMs: 0, isTold: true } }, 'replay'),
    { againAfterMs: 10 * minute },
    'it begins now',
  );
});

void t.test('hosts in no group, and groups of unknown size', async (t) => {
  const found = judgeStorm(
    situationOf({
      groups: [{ facts: { name: '' }, memory: { counts: { '0': 11 } } }],
    }),
  );
  const wanted =
    '11 hosts of (no group) are unhealthy or in healing (guards.share.hostsOfUnknown is 10)';
  t.strictSame(found, {
    kind: 'skip',
    code: 'storm',
    reason: wanted,
    escalate: { about: 'storm of (no group)', reason: `storm: ${wanted}` },
  });
  t.match(
    judgeStorm(
      situationOf({
        guards: { storm: { exitDelaySeconds: 5, backlog: 'replay' } },
        groups: [
          { facts: { name: 'T\uefFCren' }, memory: { counts: { '0': 11 } } },
        ],
      }),
    ),
    { againAfterMs: minute, reason: /^11 hosts of Türen are/ },
    'a minute at least',
  );
});

void t.test('the monitor counts, and nothing is remembered', async (t) => {
  const facts = { name: 'web', members: 10, unhealthy: 9 };
  t.match(judgeStorm(situationOf({ groups: [{ facts, memory: undefined }] })), {
    code: 'storm',
    escalate: { about: 'storm of web' },
  });
});
