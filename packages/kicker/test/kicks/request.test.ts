import t from 'tap';
import { Value } from 'typebox/value';
import { Kick } from '@kickd/protocol';
import type { Event } from '../../src/events/event.ts';
import { createRequest } from '../../src/kicks/request.ts';

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
