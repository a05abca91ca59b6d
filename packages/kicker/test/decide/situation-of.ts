import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import type {
  FleetMemory,
  HostMemory,
  Memories,
  Memory,
  MemoryKind,
  ServiceMemory,
} from '../../src/decide/memory.ts';
import type { Guards } from '../../src/decide/rules.ts';
import { emptyService } from '../../src/decide/service-memory.ts';
import type { Situation } from '../../src/decide/situation.ts';
import type { Event } from '../../src/events/event.ts';
import type { Facts } from '../../src/events/facts.ts';

export const critical: Event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  inDowntime: false,
};

/** A memory of a few records: `kind key` → record. */
export function memoryOf(
  records: Readonly<Record<string, unknown>> = {},
): Memory {
  return {
    read: <Kind extends MemoryKind>(kind: Kind, key: string) =>
      // Each test writes the record of the kind that it names.
      records[`${kind} ${key}`] as Memories[Kind] | undefined,
  };
}

/** A situation of web1 / HTTP as a guard sees it, half an hour after the ledger began; what is given replaces a part. */
export function situationOf(given: {
  event?: Partial<Event>;
  facts?: Partial<Facts>;
  guards?: Partial<Guards>;
  memory?: Memory;
  fleet?: Partial<FleetMemory>;
  host?: HostMemory;
  service?: Partial<ServiceMemory>;
  atMs?: number;
  wallMs?: number;
  again?: boolean;
  groups?: Situation['groups'];
}): Situation {
  const atMs = given.atMs ?? 30 * 60 * 1000;
  const wallMs = given.wallMs ?? Date.parse('2026-03-01T12:00:00Z');
  return {
    event: { ...critical, ...given.event },
    facts: { certname: 'web1.example.com', groups: [], ...given.facts },
    rules: {
      ...defaultRuleSet,
      guards: { ...defaultRuleSet.guards, ...given.guards },
    },
    memory: given.memory ?? memoryOf(),
    again: given.again ?? false,
    wallMs,
    atMs,
    hostKey: 'web1.example.com',
    serviceKey: 'web1.example.com\tHTTP',
    fleet: {
      moment: { wallMs, boot: 'test', monotonicMs: atMs },
      steadyMs: atMs,
      open: 0,
      kicks: [],
      ...given.fleet,
    },
    host: given.host,
    service: { ...emptyService(0), ...given.service },
    groups: given.groups ?? [],
  };
}
