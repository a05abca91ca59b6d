import t from 'tap';
import { defaultRule } from '../../src/decide/default-rules.ts';
import {
  judgeCoolDown,
  judgeHostBusy,
  judgeHostInterval,
  judgeJoin,
  judgeVerifying,
} from '../../src/decide/under-way.ts';
import { situationOf } from './situation-of.ts';

const minute = 60 * 1000;
const open = { kick: 'k1', isNoop: false };

void t.test('a kick for the same problem', async (t) => {
  t.equal(judgeJoin(situationOf({})), undefined);
  t.strictSame(judgeJoin(situationOf({ service: { open } })), {
    kind: 'skip',
    code: 'joined',
    kick: 'k1',
    reason: 'kick k1 for this problem is already under way',
  });
});

void t.test('a run that is not judged yet', async (t) => {
  t.equal(judgeVerifying(situationOf({})), undefined);
  const verifying = { kick: 'k1', untilMs: 32 * minute, futileRuns: 2 };
  t.strictSame(judgeVerifying(situationOf({ service: { verifying } })), {
    kind: 'wait',
    code: 'verifying',
    reason:
      'kick k1 has ended, and the monitor has 2 min left to see the service green',
    againAfterMs: 2 * minute,
  });
});

void t.test('the cool-down', async (t) => {
  t.equal(judgeCoolDown(situationOf({}), defaultRule), undefined);
  const fact = (ago: string) =>
    `the last kick for it ended ${ago} ago (coolDownSeconds is 600)`;
  t.strictSame(
    judgeCoolDown(
      situationOf({ service: { lastEndMs: 22 * minute } }),
      defaultRule,
    ),
    {
      kind: 'wait',
      code: 'cool-down',
      reason: fact('8 min'),
      againAfterMs: 2 * minute,
    },
  );
  t.strictSame(
    judgeCoolDown(
      situationOf({ service: { lastEndMs: 20 * minute } }),
      defaultRule,
    ),
    {
      kind: 'note',
      reason: fact('10 min'),
    },
  );
});

void t.test('a kick for another service of the host', async (t) => {
  const host = { bad: [], open: { kick: 'k1', service: 'SSH' } };
  t.equal(judgeHostBusy(situationOf({})), undefined);
  t.equal(judgeHostBusy(situationOf({ host: { bad: [] } })), undefined);
  t.equal(
    judgeHostBusy(situationOf({ host, service: { open } })),
    undefined,
    'its own',
  );
  t.strictSame(judgeHostBusy(situationOf({ host })), {
    kind: 'wait',
    code: 'host-busy',
    reason: 'kick k1 for another service of the host is under way',
    againAfterMs: 15_000,
  });
});

void t.test('the interval of the host', async (t) => {
  t.equal(judgeHostInterval(situationOf({})), undefined);
  t.equal(judgeHostInterval(situationOf({ host: { bad: [] } })), undefined);
  t.equal(
    judgeHostInterval(
      situationOf({ host: { bad: [], lastKickMs: 25 * minute } }),
    ),
    undefined,
  );
  t.strictSame(
    judgeHostInterval(
      situationOf({ host: { bad: [], lastKickMs: 26 * minute } }),
    ),
    {
      kind: 'wait',
      code: 'host-interval',
      reason:
        'the host was kicked 4 min ago (guards.hostIntervalSeconds is 300)',
      againAfterMs: minute,
    },
  );
});
