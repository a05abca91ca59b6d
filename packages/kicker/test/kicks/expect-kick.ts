import { Value } from 'typebox/value';
import { Kick } from '@kickd/protocol';
import type { Event } from '../../src/events/event.ts';
import { createRequest } from '../../src/kicks/request.ts';

/** What kickd would say against the kick of an event; empty: it takes it. */
export function flawsOfKick(event: Event): unknown[] {
  const request = createRequest(
    event,
    {},
    { name: 'x', certname: 'web1', address: 'web1', port: 8139 },
    new Date('2026-03-01T00:00:00Z'),
    600,
    new Uint8Array(10),
  );
  return [...Value.Errors(Kick, request)];
}
