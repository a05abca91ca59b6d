import t from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { learn } from '../../src/decide/learn.ts';
import { createLearner } from './learn-on.ts';
import { memoryOf } from './situation-of.ts';

const now = {
  wallMs: Date.parse('2026-03-01T12:00:00Z'),
  boot: 'a',
  monotonicMs: 9000,
};

void t.test('nothing but that time went by', async (t) => {
  const changes = learn(
    { kind: 'tick' },
    { rules: defaultRuleSet, memory: memoryOf(), now },
  );
  t.strictSame(changes, [
    {
      kind: 'fleet',
      key: '',
      value: { open: 0, kicks: [], moment: now, steadyMs: 0 },
    },
  ]);
});

void t.test('stopped and resumed', async (t) => {
  const { read, tell } = createLearner();
  tell({ kind: 'stopped', by: 'ada', reason: 'release' }, 1000);
  t.strictSame(read('fleet', '')?.stopped, {
    by: 'ada',
    reason: 'release',
    at: '2026-02-25T06:13:21.000Z',
  });
  tell({ kind: 'tick' }, 2000);
  t.equal(read('fleet', '')?.stopped?.by, 'ada', 'it lasts');
  tell({ kind: 'resumed' }, 3000);
  t.equal(read('fleet', '')?.stopped, undefined);
  t.equal(read('fleet', '')?.steadyMs, 3000);
});

void t.test('a group, by time alone', async (t) => {
  const { read, set, tell } = createLearner();
  set('group', 'web', {
    counts: {},
    members: 3,
    storm: { sinceMs: 0, isTold: true, belowSinceMs: 0 },
  });
  tell({ kind: 'group-looked-at', group: 'web' }, 599_999);
  t.ok(read('group', 'web')?.storm);
  tell({ kind: 'group-looked-at', group: 'web' }, 600_000);
  t.strictSame(read('group', 'web'), { counts: {}, members: 3 });
});

void t.test('a storm that a person ends', async (t) => {
  const { read, set, tell } = createLearner();
  set('group', 'web', {
    counts: { '0': 9 },
    storm: { sinceMs: 0, isTold: true },
  });
  tell({ kind: 'storm-reset', group: 'web' }, 1000);
  t.strictSame(read('group', 'web'), { counts: { '0': 9 } });
  tell({ kind: 'storm-reset', group: 'none' }, 1000);
  t.equal(read('group', 'none'), undefined);
});

void t.test('a page that has ended', async (t) => {
  const { read, set, tell } = createLearner();
  set('page', 'monitor', { host: 'web1', about: { kind: 'monitor' } });
  tell({ kind: 'page-ended', page: 'monitor' }, 1000);
  t.equal(read('page', 'monitor'), undefined);
});

void t.test(
  'a person is called about events that were set aside',
  async (t) => {
    const { read, tell } = createLearner();
    tell({ kind: 'events-page' }, 1000);
    t.strictSame(read('page', 'events'), {
      monitor: '',
      host: '',
      about: { kind: 'events' },
    });
  },
);
