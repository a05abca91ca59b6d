import t from 'tap';
import {
  laneOf,
  lifeMsOf,
  subjectOfAction,
  urgencyOf,
  type Action,
  type Feedback,
} from '../../src/outbox/action.ts';

const minute = 60 * 1000;
const hour = 60 * minute;
const tell = (
  feedback: Feedback,
  more: Partial<Extract<Action, { to: 'monitor' }>> = {},
): Action => ({
  to: 'monitor',
  monitor: 'dc2',
  place: { host: 'web1', service: 'HTTP' },
  feedback,
  ...more,
});
const page: Action = { to: 'person', subject: 'dc2', argv: ['/p'], input: '' };
const result = { kind: 'result', state: 'OK', text: 'x' } as const;
const comment = { kind: 'comment', text: 'x' } as const;

void t.test(
  'lanes: a monitor, its calls of a person, the command',
  async (t) => {
    t.equal(laneOf(page), 'person');
    t.equal(laneOf(tell(comment)), 'dc2');
    t.equal(laneOf(tell(comment, { isForPerson: true })), 'dc2 person');
  },
);

void t.test('subjects: no two that differ have one name', async (t) => {
  const actions = [
    page,
    tell(comment),
    tell(comment, { isForPerson: true }),
    tell(comment, { monitor: 'nagios' }),
    tell(comment, { place: { host: 'web1' } }),
    tell(comment, { place: { host: 'web1', service: 'null' } }),
    tell(comment, { place: { host: 'web2', service: 'HTTP' } }),
    tell(comment, { place: { host: 'web1","HTTP' } }),
  ];
  t.strictSame(actions.slice(0, 5).map(subjectOfAction), [
    '["person","dc2"]',
    '["dc2","web1","HTTP"]',
    '["dc2","web1","HTTP","person"]',
    '["nagios","web1","HTTP"]',
    '["dc2","web1",null]',
  ]);
  t.equal(new Set(actions.map(subjectOfAction)).size, actions.length);
  t.equal(subjectOfAction(tell(result)), subjectOfAction(tell(comment)));
});

const kinds: [Feedback, urgency: number, lifeMs: number][] = [
  [result, 0, 24 * hour],
  [{ kind: 'recheck' }, 1, 15 * minute],
  [{ kind: 'unacknowledge' }, 1, 24 * hour],
  [{ kind: 'acknowledge', text: 'x' }, 2, hour],
  [comment, 3, hour],
];
for (const [feedback, urgency, lifeMs] of kinds) {
  void t.test(`${feedback.kind}: how urgent, and for how long`, async (t) => {
    t.equal(urgencyOf(tell(feedback)), urgency);
    t.equal(lifeMsOf(tell(feedback)), lifeMs);
    t.equal(urgencyOf(tell(feedback, { isForPerson: true })), 0);
    t.equal(lifeMsOf(tell(feedback, { isForPerson: true })), 24 * hour);
  });
}

void t.test('a person is called first, and for a day', async (t) => {
  t.equal(urgencyOf(page), 0);
  t.equal(lifeMsOf(page), 24 * hour);
});
