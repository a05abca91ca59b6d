import t from 'tap';
import type { Event } from '../../src/events/event.ts';
import type { ToldAlert, ToldItem } from '../../src/monitors/told-item.ts';
import { createToldState } from '../../src/rehearse/told-state.ts';

const day = 24 * 60 * 60 * 1000;
const startMs = 1_700_000_000_000;
const web = { host: 'web1', service: 'http' };

function alert(
  event: Partial<Event> = {},
  more: Partial<ToldAlert> = {},
): ToldAlert {
  return {
    kind: 'alert',
    groups: [],
    event: {
      monitor: 'icinga',
      ...web,
      state: 'CRITICAL',
      stateType: 'HARD',
      attempt: 1,
      inDowntime: false,
      at: '2023-11-14T22:13:20Z',
      ...event,
    },
    ...more,
  };
}
function createPast() {
  const state = createToldState();
  let seconds = 0;
  const take = (item: ToldItem, at = seconds) => {
    seconds = at;
    return state.take(item, {
      atMs: startMs + at * 1000,
      source: 0,
      isAlone: true,
    });
  };
  const event = (item: ToldAlert, at?: number): Event => {
    const heard = take(item, at);
    if (heard.kind !== 'call') throw new Error(heard.kind);
    return heard.event;
  };
  return { state, take, event };
}

void t.test('an event calls, and is never stale', async (t) => {
  const { take } = createPast();
  const heard = take(alert({}, { groups: ['web'] }));
  t.match(heard, {
    kind: 'call',
    event: { host: 'web1', inDowntime: false, isFlapping: false },
    facts: { certname: 'web1', groups: [{ name: 'web' }] },
  });
  t.notOk(heard.kind === 'call' && 'at' in heard.event);
});

void t.test('one problem has one name', async (t) => {
  const { event } = createPast();
  const first = event(alert({ stateType: 'SOFT' }), 0);
  t.match(first, { problem: '1700000000', since: '2023-11-14T22:13:20.000Z' });
  t.equal(event(alert(), 60).problem, first.problem);
  t.notOk('problem' in event(alert({ state: 'OK' }), 90));
  t.not(event(alert(), 120).problem, first.problem);
  const missed = event(alert({}, { beginsProblem: true }), 180);
  t.equal(missed.problem, '1700000180', 'its recovery was missed');
  t.equal(event(alert({ problem: 'own' }), 200).problem, 'own');
});

void t.test(
  'downtime of the service, of its host, and their ends',
  async (t) => {
    const { state, take, event } = createPast();
    take({
      kind: 'downtime',
      host: 'web1',
      id: 'a',
      untilMs: startMs + 60_000,
    });
    const told = event(alert(), 10);
    t.ok(told.inDowntime, 'of its host alone');
    t.notOk(state.refresh(told, startMs + 60_000).inDowntime, 'its own end');
    take({ kind: 'downtime', ...web, id: 'b' }, 100);
    take({ kind: 'downtime', ...web, id: 'c' }, 100);
    t.ok(event(alert(), 110).inDowntime);
    take({ kind: 'downtime-over', ...web, id: 'b' }, 120);
    t.ok(state.refresh(told, startMs + 120_000).inDowntime, 'one lasts');
    take({ kind: 'downtime-over', ...web, id: 'c' }, 130);
    t.notOk(state.refresh(told, startMs + 130_000).inDowntime);
  },
);

void t.test('a downtime that was planned', async (t) => {
  const { take, event } = createPast();
  take({ kind: 'planned', ...web, id: 'a', lastsMs: 30_000 });
  t.notOk(event(alert(), 10).inDowntime);
  take({ kind: 'downtime', ...web, id: 'a' }, 20);
  t.ok(event(alert(), 49).inDowntime);
  t.notOk(event(alert(), 50).inDowntime);
  // Told the other way round.
  take({ kind: 'downtime', ...web, id: 'b' }, 60);
  take({ kind: 'planned', ...web, id: 'b', untilMs: startMs + 80_000 }, 60);
  t.ok(event(alert(), 79).inDowntime);
  t.notOk(event(alert(), 80).inDowntime);
});

void t.test('an event that says itself that it is in downtime', async (t) => {
  const { state, take, event } = createPast();
  const told = event(alert({ inDowntime: true }));
  t.ok(told.inDowntime);
  t.ok(state.refresh(told, startMs + day).inDowntime, 'nobody told its end');
  take({ kind: 'downtime-over', ...web, id: 'unknown' });
  t.notOk(state.refresh(told, startMs + day).inDowntime);
});

void t.test('acknowledged: by whom, until when', async (t) => {
  const { state, take, event } = createPast();
  const told = event(alert());
  take({ kind: 'acknowledged', ...web, by: 'ada', isOwn: false }, 10);
  t.equal(state.refresh(told, startMs + 10_000).acknowledgedBy, 'ada');
  t.equal(
    event(alert({ acknowledgedBy: 'somebody' }), 20).acknowledgedBy,
    'ada',
  );
  take({ kind: 'unacknowledged', ...web }, 30);
  t.notOk('acknowledgedBy' in state.refresh(told, startMs + 30_000));
  take(
    {
      kind: 'acknowledged',
      ...web,
      by: 'ada',
      isOwn: false,
      untilMs: startMs + 50_000,
    },
    40,
  );
  t.ok('acknowledgedBy' in state.refresh(told, startMs + 49_000));
  t.notOk('acknowledgedBy' in state.refresh(told, startMs + 50_000));
  take({ kind: 'acknowledged', ...web, by: 'kicker', isOwn: true }, 60);
  t.notOk(
    'acknowledgedBy' in event(alert({ acknowledgedBy: 'somebody' }), 70),
    "kicker's own is no person's",
  );
});

void t.test('its end was missed: the next event has none', async (t) => {
  const { event } = createPast();
  const told = event(alert({ acknowledgedBy: 'somebody' }));
  t.equal(told.acknowledgedBy, 'somebody');
  t.notOk('acknowledgedBy' in event(alert(), 10));
  event(alert({ acknowledgedBy: 'somebody' }), 20);
  t.notOk('acknowledgedBy' in event(alert({ state: 'OK' }), 30));
});

void t.test('flapping, and one whose end is missing', async (t) => {
  const { state, take, event } = createPast();
  take({ kind: 'flapping', ...web, isFlapping: true });
  t.equal(event(alert(), 10).isFlapping, true);
  t.strictSame(state.oldFlags(), []);
  event(alert(), (4 * day) / 1000);
  t.match(state.oldFlags(), [
    { ...web, flag: 'flapping', sinceMs: startMs, alerts: 1 },
  ]);
  take({ kind: 'flapping', ...web, isFlapping: false });
  t.equal(event(alert()).isFlapping, false);
});

void t.test('a log that tells no attempt: they are counted', async (t) => {
  const { event, take } = createPast();
  const bare = (own: Partial<Event>, at: number): Event =>
    event(alert(own, { isBare: true }), at);
  t.equal(bare({ stateType: 'SOFT' }, 0).attempt, 1);
  t.equal(bare({ stateType: 'SOFT' }, 10).attempt, 2);
  take({ kind: 'acknowledged', ...web, by: 'somebody', isOwn: false });
  t.match(bare({}, 20), { maxAttempts: 3, acknowledgedBy: 'somebody' });
  bare({ state: 'OK' }, 30);
  t.match(bare({ stateType: 'SOFT' }, 40), { attempt: 1, maxAttempts: 3 });
  bare({ stateType: 'SOFT' }, 50);
  t.match(bare({ stateType: 'SOFT' }, 60), { attempt: 3, maxAttempts: 4 });
});

void t.test('a check that two nodes told counts once', async (t) => {
  const { take } = createPast();
  const check = '1700000000.5 1';
  t.equal(take(alert({}, { check })).kind, 'call');
  t.equal(take(alert({}, { check })).kind, 'nothing');
  t.equal(take(alert({}, { check: '1700000009.5 1' })).kind, 'call');
});
