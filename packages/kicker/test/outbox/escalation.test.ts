import t from 'tap';
import {
  escalationActions,
  passiveResult,
  type EscalationWays,
} from '../../src/outbox/escalation.ts';
import type { Event } from '../../src/events/event.ts';

const event: Event = {
  monitor: 'dc2',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  problem: '7',
  inDowntime: false,
};
const { service: _service, problem: _problem, ...ofHost } = event;
const escalate = { about: 'problem', reason: 'it was kicked once' } as const;
const text =
  'kicker: web1 / HTTP: a person is needed (problem): it was kicked once';
const ways: EscalationWays = {
  can: () => true,
  command: ['/page', '-x'],
  passive: { service: 'kicker' },
};
const all = ['comment', 'passive', 'command'] as const;

void t.test('each way that the rule wants, in its order', async (t) => {
  t.strictSame(escalationActions(escalate, event, all, ways), [
    {
      to: 'monitor',
      monitor: 'dc2',
      place: { host: 'web1', service: 'HTTP', problem: '7' },
      feedback: { kind: 'comment', text },
      isForPerson: true,
    },
    {
      to: 'monitor',
      monitor: 'dc2',
      place: { host: 'web1', service: 'kicker' },
      feedback: { kind: 'result', state: 'CRITICAL', text },
      isForPerson: true,
    },
    {
      to: 'person',
      subject: 'web1 / HTTP',
      argv: ['/page', '-x'],
      input: JSON.stringify({
        version: 1,
        about: 'problem',
        reason: 'it was kicked once',
        subject: 'web1 / HTTP',
        event,
      }),
    },
  ]);
  t.strictSame(escalationActions(escalate, event, [], ways), []);
});

void t.test('of a host: it has no service', async (t) => {
  const [comment] = escalationActions(escalate, ofHost, ['comment'], ways);
  t.strictSame(comment, {
    to: 'monitor',
    monitor: 'dc2',
    place: { host: 'web1' },
    feedback: {
      kind: 'comment',
      text: 'kicker: web1: a person is needed (problem): it was kicked once',
    },
    isForPerson: true,
  });
});

void t.test(
  'nothing configured, or nothing that the monitor can',
  async (t) => {
    t.strictSame(
      escalationActions(escalate, event, all, { can: () => false }),
      [],
    );
    const can: EscalationWays['can'] = (monitor, kind) =>
      monitor === 'dc2' && kind === 'comment';
    t.strictSame(
      escalationActions(escalate, event, all, {
        passive: { service: 'k' },
        can,
      }).length,
      1,
    );
    const noPassive = { can: () => true };
    t.strictSame(passiveResult('dc2', 'web1', 'OK', 'x', noPassive), []);
  },
);

void t.test('one service for all hosts', async (t) => {
  const shared = { ...ways, passive: { host: 'monitor', service: 'kicker' } };
  t.match(passiveResult('dc2', 'web1', 'OK', 'x', shared), [
    {
      place: { host: 'monitor', service: 'kicker' },
      feedback: { kind: 'result', state: 'OK', text: 'x' },
      isForPerson: true,
    },
  ]);
});
