import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { Event } from '../events/event.ts';
import type { Decision } from '../decide/decision.ts';
import type { Facts } from '../events/facts.ts';
import { judge } from '../decide/judge.ts';
import { hostKey, serviceKey } from '../events/keys.ts';
import { didRun } from '../decide/learn-run.ts';
import { learn } from '../decide/learn.ts';
import { isStopped, lookAgain } from '../decide/look-again.ts';
import { createMapMemory } from './map-memory.ts';
import type { Moment } from '../events/moment.ts';
import type { News } from '../decide/news.ts';
import type { RuleSet } from '../decide/rules.ts';
import type { Timeline } from './timeline.ts';

/** A kick as it would be sent. */
export interface RehearsedKick {
  id: string;
  host: string;
  service: string;
  decision: Extract<Decision, { kind: 'kick' }>;
}

/** Told all that goes in and out of the engine. */
export interface RehearsalHooks {
  onEvent?(event: Event, facts: Facts): void;
  /** @param again kicker looked at the event once more by itself */
  onDecision?(
    event: Event,
    facts: Facts,
    decision: Decision,
    again: boolean,
  ): void;
  onKick?(kick: RehearsedKick, event: Event, facts: Facts): void;
  /** whether the service was seen green within the window after the run */
  onVerdict?(kick: RehearsedKick, isHealed: boolean): void;
}

export interface RehearsalOptions {
  rules: RuleSet;
  timeline: Timeline;
  now: () => Moment;
  hooks: RehearsalHooks;
  /** whoever plays the agent calls `end` later */
  send: (kick: RehearsedKick) => void;
  /** what the monitor knows now of an event's service, for a second look */
  refresh: (event: Event, facts: Facts) => { event: Event; facts: Facts };
}

/** Nobody asks hosts here: their policy is told. */
const policySeconds = Number.POSITIVE_INFINITY;

/** A kicker in time that is only told: the engine, and what a resident kicker does around it. */
export interface Rehearsal {
  take(event: Event, facts: Facts): Decision;
  /** how a kick ended; the service is looked at again when that is known */
  end(kick: RehearsedKick, outcome: OutcomeRecord): void;
  tell(news: News): void;
  /** each problem that waits is decided about after so long, whatever it waited for */
  hurry(ms: number): void;
}

export function createRehearsal(options: RehearsalOptions): Rehearsal {
  const { rules, timeline, now, hooks, refresh } = options;
  const memory = createMapMemory();
  /** takes back the next look at a service */
  const waiting = new Map<string, () => void>();
  /** the last event of each problem that lasts */
  const last = new Map<string, { event: Event; facts: Facts }>();
  const verifying = new Map<string, RehearsedKick>();
  let kicks = 0;

  const keyOf = (event: Event, facts: Facts): string =>
    serviceKey(hostKey(event, facts), event.service ?? '');
  const tell = (news: News): void => {
    memory.write(learn(news, { rules, memory, now: now() }));
  };
  const lookAfter = (key: string, ms: number): void => {
    waiting.get(key)?.();
    waiting.set(
      key,
      timeline.after(ms, () => decideAgain(key)),
    );
  };

  function decideOn(event: Event, facts: Facts, again: boolean): Decision {
    const { decision, kick, changes } = judge(
      event,
      { rules, memory, facts, now: now(), again },
      () => `kick-${(kicks += 1)}`,
    );
    memory.write(changes);
    hooks.onDecision?.(event, facts, decision, again);
    const key = keyOf(event, facts);
    const isJoined = decision.kind === 'skip' && decision.code === 'joined';
    if (!isJoined) {
      waiting.get(key)?.();
      waiting.delete(key);
    }
    if (decision.kind !== 'kick' && !isStopped(decision.code)) {
      const next = lookAgain(decision, policySeconds);
      if (next.kind === 'after') lookAfter(key, next.ms);
    }
    if (decision.kind === 'kick' && kick !== undefined) {
      const host = hostKey(event, facts);
      const service = event.service ?? '';
      const sent: RehearsedKick = { id: kick, host, service, decision };
      hooks.onKick?.(sent, event, facts);
      options.send(sent);
    }
    return decision;
  }

  function decideAgain(key: string): void {
    waiting.delete(key);
    const known = last.get(key);
    if (known === undefined) return;
    const { event, facts } = refresh(known.event, known.facts);
    decideOn(event, facts, true);
  }

  function judgeRun(kick: RehearsedKick): void {
    const { id, host, service } = kick;
    const key = serviceKey(host, service);
    // It was seen green, or another kick has come since.
    if (memory.read('service', key)?.verifying?.kick !== id) return;
    verifying.delete(key);
    hooks.onVerdict?.(kick, false);
    const verdict = 'unknown';
    tell({ kind: 'verdict', kick: id, certname: host, service, verdict });
    if (last.has(key)) lookAfter(key, 0);
  }

  return {
    take: (event, facts) => {
      hooks.onEvent?.(event, facts);
      const key = keyOf(event, facts);
      if (event.state === 'OK' || event.state === 'UP') last.delete(key);
      else if (event.service !== undefined) last.set(key, { event, facts });
      const kick = verifying.get(key);
      if (event.state === 'OK' && kick !== undefined) {
        verifying.delete(key);
        hooks.onVerdict?.(kick, true);
      }
      return decideOn(event, facts, false);
    },
    end: (kick, outcome) => {
      const key = serviceKey(kick.host, kick.service);
      tell({ kind: 'outcome', kick: kick.id, outcome });
      const window = memory.read('service', key)?.verifying;
      if (window?.kick !== kick.id) {
        if (last.has(key)) lookAfter(key, 0);
        // Green before the run had ended.
        else if (didRun(outcome)) hooks.onVerdict?.(kick, true);
        return;
      }
      verifying.set(key, kick);
      const { steadyMs } = memory.read('fleet', '') ?? { steadyMs: 0 };
      timeline.after(window.untilMs - steadyMs, () => judgeRun(kick));
    },
    tell,
    hurry: (ms) => {
      for (const key of waiting.keys()) lookAfter(key, ms);
    },
  };
}
