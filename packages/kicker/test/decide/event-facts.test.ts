import t from 'tap';
import { defaultRule } from '../../src/decide/default-rules.ts';
import {
  judgeAcknowledged,
  judgeAge,
  judgeDowntime,
  judgeEnded,
  judgeHost,
  judgeTarget,
} from '../../src/decide/event-facts.ts';
import { critical, situationOf } from './situation-of.ts';

const problem = { sinceMs: 0, ids: {}, kicks: 0, isTold: false };

void t.test('the host', async (t) => {
  const { service: _service, ...hostEvent } = critical;
  const ofHost = {
    ...situationOf({}),
    event: { ...hostEvent, state: 'DOWN' } as const,
  };
  t.strictSame(judgeHost(ofHost), {
    kind: 'skip',
    code: 'host-event',
    reason:
      'the event is about the host itself (DOWN), and a host that does not answer cannot be kicked',
  });
  const down = (state: string) => ({
    kind: 'skip',
    code: 'host-down',
    reason: `the host is ${state}: it cannot be kicked, and its services say nothing`,
  });
  t.equal(judgeHost(situationOf({})), undefined);
  t.equal(judgeHost(situationOf({ host: { bad: [] } })), undefined);
  t.equal(judgeHost(situationOf({ event: { hostState: 'UP' } })), undefined);
  t.strictSame(
    judgeHost(situationOf({ event: { hostState: 'DOWN' } })),
    down('DOWN'),
  );
  t.strictSame(
    judgeHost(situationOf({ host: { bad: [], state: 'UNREACHABLE' } })),
    down('UNREACHABLE'),
  );
  t.equal(
    judgeHost(
      situationOf({
        event: { hostState: 'UP' },
        host: { bad: [], state: 'DOWN' },
      }),
    ),
    undefined,
    'the event is newer',
  );
});

void t.test('one host that can be kicked', async (t) => {
  t.equal(judgeTarget(situationOf({})), undefined);
  const none = (name: string) => ({
    kind: 'skip',
    code: 'no-target',
    reason: `${name} is not the name of one host that can be kicked`,
  });
  for (const [host, name] of [
    ['web*', 'web*'],
    ['web?', 'web?'],
    ['', 'the empty name'],
    ['  ', '  '],
  ] as const) {
    t.strictSame(judgeTarget(situationOf({ event: { host } })), none(name));
  }
  const { certname: _certname, ...facts } = situationOf({}).facts;
  t.strictSame(judgeTarget({ ...situationOf({}), facts }), none('web1'));
});

void t.test('downtime and acknowledgement', async (t) => {
  t.equal(judgeDowntime(situationOf({})), undefined);
  t.strictSame(judgeDowntime(situationOf({ event: { inDowntime: true } })), {
    kind: 'skip',
    code: 'in-downtime',
    reason: 'the host or the service is in scheduled downtime',
  });
  t.equal(judgeAcknowledged(situationOf({}), defaultRule), undefined);
  const event = { acknowledgedBy: 'J\ueffcrgen' };
  t.strictSame(judgeAcknowledged(situationOf({ event }), defaultRule), {
    kind: 'skip',
    code: 'acknowledged',
    reason:
      'the problem is acknowledged by Jürgen (when.acknowledged is false)',
  });
  const when = { ...defaultRule.when, acknowledged: true };
  t.equal(
    judgeAcknowledged(situationOf({ event }), { ...defaultRule, when }),
    undefined,
  );
});

void t.test('the age of an event', async (t) => {
  const wallMs = Date.parse('2026-03-01T12:00:00Z');
  const rows: [
    at: string | undefined,
    again: boolean,
    seconds: number | undefined,
  ][] = [
    [undefined, false, undefined],
    ['2026-03-01T11:55:00Z', false, undefined],
    ['2026-03-01T11:54:59.500Z', false, 301],
    ['2026-03-01T11:54:59Z', false, 301],
    ['2026-03-01T12:05:00Z', false, undefined],
    ['2026-03-01T12:05:01Z', false, 301],
    ['2026-03-01T10:00:00Z', true, undefined],
  ];
  for (const [at, again, seconds] of rows) {
    const event = at === undefined ? {} : { at };
    t.strictSame(
      judgeAge(situationOf({ event, wallMs, again }), defaultRule),
      seconds && {
        kind: 'skip',
        code: 'stale',
        reason: `the event was made ${seconds} s away from now (when.staleSeconds is 300)`,
      },
      `${at} ${again}`,
    );
  }
});

void t.test('looked at again after the service turned green', async (t) => {
  t.equal(judgeEnded(situationOf({})), undefined);
  t.equal(judgeEnded(situationOf({ service: { problem } })), undefined);
  t.equal(
    judgeEnded(situationOf({ again: true, service: { problem } })),
    undefined,
  );
  t.strictSame(judgeEnded(situationOf({ again: true })), {
    kind: 'skip',
    code: 'ended',
    reason: 'the problem has ended: the service is green again',
  });
});
