import t from 'tap';
import type { Event } from '../../src/events/event.ts';
import type { NagiosStatus } from '../../src/monitors/nagios/status.ts';
import { refreshEvent } from '../../src/monitors/nagios/refresh.ts';
import { stillFresh } from '../../src/serve/still-fresh.ts';

const writtenAt = new Date('2026-03-01T00:00:00Z');
const event: Event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'SOFT',
  attempt: 3,
  maxAttempts: 4,
  problem: '7',
  inDowntime: false,
  hostState: 'UP',
};

type Service = NonNullable<
  ReturnType<NonNullable<ReturnType<NagiosStatus['services']['get']>>['get']>
>;
const statusOf = (part: Partial<Service>, createdMs: number): NagiosStatus => ({
  createdMs,
  hosts: new Map(),
  services: new Map([
    [
      'web1',
      new Map([
        [
          'HTTP',
          {
            state: 'CRITICAL',
            stateType: 'HARD',
            attempt: 4,
            maxAttempts: 4,
            lastCheckMs: createdMs,
            problem: '7',
            isAcknowledged: false,
            inDowntime: false,
            isFlapping: false,
            ...part,
          },
        ],
      ]),
    ],
  ]),
  unhealthy: new Set(),
  acknowledgedBy: new Map(),
});

const minutes = (count: number): Date =>
  new Date(writtenAt.getTime() + count * 60 * 1000);
const at = writtenAt.toISOString();
const said = '2026-02-28T23:59:58.000Z';
const ten = minutes(10).getTime();

/** What lay there, for how long, what the monitor says by now, and what is taken in. */
const cases: [string, Event, Date, NagiosStatus | undefined, Partial<Event>][] =
  [
    ['just written', event, minutes(0.4), undefined, event],
    [
      'nobody can tell: as old as it is',
      event,
      minutes(10),
      undefined,
      { ...event, at },
    ],
    [
      'it says itself when it was made',
      { ...event, at: said },
      minutes(10),
      undefined,
      { ...event, at: said },
    ],
    [
      'the problem lasts: as the monitor would tell it now',
      event,
      minutes(10),
      statusOf({}, ten),
      { stateType: 'HARD', attempt: 4, at: minutes(10).toISOString() },
    ],
    [
      'acknowledged meanwhile',
      event,
      minutes(10),
      statusOf({ isAcknowledged: true }, ten),
      { acknowledgedBy: 'somebody', at: minutes(10).toISOString() },
    ],
    [
      'in downtime meanwhile',
      event,
      minutes(10),
      statusOf({ inDowntime: true }, ten),
      { inDowntime: true, at: minutes(10).toISOString() },
    ],
    [
      // Its recovery lies in the spool behind it.
      'green by now: old',
      event,
      minutes(10),
      statusOf({ state: 'OK' }, ten),
      { state: 'CRITICAL', at },
    ],
    [
      'another problem by now: old',
      event,
      minutes(10),
      statusOf({ problem: '8' }, ten),
      { problem: '7', at },
    ],
    [
      'status data from before it: they say nothing',
      event,
      minutes(10),
      statusOf({}, writtenAt.getTime() - 5000),
      { stateType: 'SOFT', at },
    ],
    [
      'a recovery is never too old',
      { ...event, state: 'OK' },
      minutes(600),
      undefined,
      { ...event, state: 'OK' },
    ],
  ];

for (const [name, told, now, status, wanted] of cases) {
  void t.test(name, async (t) => {
    const monitor = {
      refresh: (event: Event, sinceMs: number) =>
        refreshEvent(event, status, sinceMs, now),
    };
    const fresh = stillFresh(told, monitor, writtenAt, now);
    t.match(fresh, wanted);
    if (wanted.at === undefined) t.equal(fresh.at, told.at);
  });
}
