import t from 'tap';
import type { Event } from '../../../src/events/event.ts';
import { createIcinga2 } from '../../../src/monitors/icinga2/adapter.ts';

const monitor = createIcinga2(
  'icinga',
  { kind: 'icinga2', author: 'kicker' },
  {
    now: () => new Date(),
    pause: async () => {},
    knowsHost: () => false,
    onTrouble: () => {},
  },
);

function read(...args: string[]): Event | undefined {
  const [part] = monitor.read({
    name: 'x',
    monitor: 'icinga',
    args,
    at: new Date(),
  });
  return part?.kind === 'event' ? part.seen.event : undefined;
}

/** What Icinga 2.13 hands over for the EventCommand of deploy/icinga2, in its order. */
const handed = [
  ['--host-state', 'DOWN'],
  ['--state-type', 'SOFT'],
  ['--state', 'CRITICAL'],
  ['--since', '1795824611'],
  ['--service-downtime', '0'],
  ['--service', 'http'],
  ['--max-attempts', '4'],
  ['--last-ok', '1795824611'],
  ['--label', 'role=web'],
  ['--acknowledgement', '0'],
  ['--host-last-check', '-1'],
  ['--host-group', 'web'],
  ['--host-downtime', '0'],
  ['--host', "kk - é ' ; $x$"],
  ['--flapping', 'false'],
  ['--attempt', '1'],
  ['--at', '1795824611'],
  ['--address', ''],
];

void t.test('what the event command hands over', async (t) => {
  t.strictSame(read(...handed.flat()), {
    monitor: 'icinga',
    host: "kk - é ' ; $x$",
    service: 'http',
    state: 'CRITICAL',
    stateType: 'SOFT',
    attempt: 1,
    maxAttempts: 4,
    problem: '1795824611',
    since: '2026-11-28T00:10:11Z',
    at: '2026-11-28T00:10:11Z',
    inDowntime: false,
    isFlapping: false,
    labels: { role: 'web' },
  });
});

// Each row: the two macros, and whether Icinga itself would call it flapping.
const flappings: [string, string | undefined, boolean][] = [
  ['true', 'true', true],
  ['true', undefined, true],
  ['1', '1', true],
  ['false', 'true', false],
  ['0', '1', false],
  ['true', 'false', false],
  ['1', '0', false],
];
for (const [text, enabled, wanted] of flappings) {
  void t.test(`flapping ${text}, looked for ${String(enabled)}`, async (t) => {
    const more = enabled === undefined ? [] : ['--flapping-enabled', enabled];
    const event = read(...handed.flat(), '--flapping', text, ...more);
    t.equal(event?.isFlapping, wanted);
  });
}

const streamed = (event: unknown, object?: unknown): Event | undefined =>
  read(
    '--payload-json',
    JSON.stringify(object === undefined ? event : { event, object }),
  );

void t.test('a host that answers behind a router that does not', async (t) => {
  const event = {
    type: 'StateChange',
    host: 'web1',
    service: 'http',
    state: 2,
    state_type: 1,
    check_result: { vars_after: { attempt: 1, reachable: false } },
  };
  t.equal(streamed(event)?.hostState, 'UNREACHABLE');
  const object = {
    attrs: { name: 'http', host_name: 'web1' },
    joins: { host: { name: 'web1', state: 0, last_check: 1_795_824_611 } },
  };
  t.equal(streamed(event, object)?.hostState, 'UNREACHABLE');
  const reachable = { vars_after: { attempt: 1, reachable: true } };
  t.equal(
    streamed({ ...event, check_result: reachable }, object)?.hostState,
    'UP',
  );
});

void t.test('the episode of a host', async (t) => {
  const event = { type: 'StateChange', host: 'web1', state: 1, state_type: 1 };
  t.match(
    streamed(event, {
      attrs: { name: 'web1', last_state_up: 700.9 },
      joins: {},
    }),
    { problem: '700', state: 'DOWN' },
  );
});
