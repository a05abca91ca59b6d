import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Guards, Rule, RuleSet } from '../../src/decide/rules.ts';
import { problemKey, type Event } from '../../src/events/event.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Action } from '../../src/outbox/action.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import type { Deciding } from '../../src/kicks/deciding.ts';
import {
  handleEvent,
  type EventContext,
  type Handled,
} from '../../src/kicks/handle-event.ts';
import type { EscalationWays } from '../../src/outbox/escalation.ts';

/** Where the host is: `null`, where nobody knows. */
type More = Partial<Omit<EventContext, 'event' | 'target'>> & { target?: null };

export const startMs = Date.parse('2026-03-01T12:00:00Z');

/** A real ledger, a clock that is only told, and nobody else. */
export function createDecidingWorld(
  t: Test,
  rule: Partial<Rule> = {},
  guards: Partial<Guards> = {},
  ways: EscalationWays = { can: () => true },
) {
  const dir = mkdtempSync(join(tmpdir(), 'kicker-'));
  let nowMs = startMs;
  const now = () => ({ wallMs: nowMs, boot: 'boot', monotonicMs: nowMs });
  const ledger = openLedger(join(dir, 'ledger.sqlite'), {
    now: () => new Date(nowMs),
  });
  t.teardown(() => {
    ledger.close();
    rmSync(dir, { recursive: true });
  });
  const rules: RuleSet = {
    ...defaultRuleSet,
    rules: [{ ...defaultRule, ...rule }],
    guards: { ...defaultRuleSet.guards, ...guards },
  };
  let kicks = 0;
  const deciding: Deciding = {
    ledger,
    rules,
    ways,
    forSeconds: 600,
    policySeconds: 300,
    now,
    random: () => new Uint8Array(10).fill((kicks += 1)),
  };
  return {
    ledger,
    deciding,
    now,
    pass: (seconds: number): void => {
      nowMs += seconds * 1000;
    },
    handle: (part: Partial<Event> = {}, more: More = {}): Handled =>
      handleEvent(contextOf(eventOf(part), more), deciding),
    /** the entries of a problem, oldest first */
    entries: (part: Partial<Event> = {}): Entry[] =>
      ledger
        .entriesOf({ problem: problemKey(eventOf(part)) })
        .map(({ entry }) => entry),
    actions: (): Action[] =>
      ledger
        .lanes()
        .flatMap((lane) => ledger.listActions(lane, now(), 100))
        .map(({ action }) => action),
  };
}

export function eventOf(part: Partial<Event> = {}): Event {
  return {
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 4,
    maxAttempts: 4,
    problem: '7',
    inDowntime: false,
    hostState: 'UP',
    ...part,
  };
}

function contextOf(event: Event, more: More): EventContext {
  const name = event.host;
  const { target, ...rest } = more;
  return {
    event,
    facts: { certname: name, groups: [] },
    ...(target === null
      ? {}
      : { target: { name, certname: name, address: name, port: 8139 } }),
    ...rest,
  };
}
