import t from 'tap';
import { Value } from 'typebox/value';
import { Kick } from '@kickd/protocol';
import type { Event } from '../../src/events/event.ts';
import { createRequest } from '../../src/kicks/request.ts';
import { flawsOfKick } from './expect-kick.ts';

const event: Event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  inDowntime: false,
};

t.test('no name of a service makes a kick that kickd refuses', (t) => {
  for (const [service, label] of [
    ['HTTP', 'HTTP'],
    ['T\ueffcr', 'Tür'],
    ['a\uef85', 'a\ufffd'],
    [`https://${'x'.repeat(4000)}`, `https://${'x'.repeat(191)}…`],
  ] as const) {
    const request = createRequest(
      { ...event, service, host: service },
      {},
      { name: 'x', certname: 'web1', address: 'web1', port: 8139 },
      new Date('2026-03-01T00:00:00Z'),
      600,
      new Uint8Array(10),
    );
    t.match(request.because, { host: label, service: label });
    t.strictSame([...Value.Errors(Kick, request)], []);
  }
  t.end();
});

t.test('no instant of a monitor makes a kick that kickd refuses', (t) => {
  // Go and Prometheus leave zeros out at the end of a fraction, Grafana has nanoseconds.
  for (const fraction of ['', '.7', '.72', '.727', '.727001', '.727999999']) {
    const since = `2026-02-28T23:59:00${fraction}Z`;
    t.strictSame(flawsOfKick({ ...event, since }), [], since);
  }
  t.strictSame(flawsOfKick({ ...event, problem: 'a\u2028b' }), []);
  t.strictSame(
    flawsOfKick({ ...event, since: '2026-02-31T99:00:00Z' }),
    [],
    'no instant at all is left out',
  );
  t.end();
});

t.test('what the rule asks for, and why', (t) => {
  const target = { name: 'x', certname: 'web1', address: 'a', port: 8139 };
  const create = (part: Partial<Event>, asked = {}, base: Event = event) =>
    createRequest(
      { ...base, ...part },
      asked,
      target,
      new Date('2026-03-01T00:00:00Z'),
      600,
      new Uint8Array(10),
    );
  const because = {
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL HARD',
  };
  const { kick, ...rest } = create({});
  t.match(kick, /^[0-9a-f-]{36}$/);
  t.strictSame(rest, {
    certname: 'web1',
    expires: '2026-03-01T00:10:00.000Z',
    because,
  });
  const since = '2026-02-28T23:59:00.000Z';
  t.strictSame(create({ problem: '7', since }).because, {
    ...because,
    problem: '7',
    since,
  });
  const { service: _service, ...host } = because;
  const { service: _name, ...ofHost } = event;
  t.strictSame(create({}, {}, ofHost).because, host);
  t.match(create({}, { noop: true, tags: ['a'] }), {
    noop: true,
    tags: ['a'],
    certname: 'web1',
  });
  t.end();
});
