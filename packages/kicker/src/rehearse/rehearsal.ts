import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { Event } from '../events/event.ts';
import type { Decision } from '../decide/decision.ts';
import type { Facts } from '../events/facts.ts';
import { judgeInto } from '../decide/judge.ts';
import { keysOf, serviceKey, type EventKeys } from '../events/keys.ts';
import { didRun } from '../decide/learn-run.ts';
import { learnInto } from '../decide/learn.ts';
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
  /** nobody reads the reasons of a decision */
  isBrief?: boolean;
  /** what the monitor knows now of an event's service, for a second look */
  refresh: (event: Event, facts: Facts) => { event: Event; facts: Facts };
}

/** Nobody asks hosts here: their policy is told. */
const policySeconds = Number.POSITIVE_INFINITY;

/** A kicker in time that is only told: the engine, and what a resident kicker does around it. */
export interface Rehearsal {
  /** @param keys of the event, where they are at hand */
  take(event: Event, facts: Facts, keys?: EventKeys): Decision;
  /** how a kick ended; the service is looked at again when that is known */
  end(kick: RehearsedKick, outcome: OutcomeRecord): void;
  tell(news: News): void;
  /** each problem that waits is decided about after this long, whatever it waited for */
  hurry(ms: number): void;
}

export function createRehearsal(options: RehearsalOptions): Rehearsal {
  const { rules, timeline, now, hooks, refresh, isBrief = false } = options;
  const memory = createMapMemory().direct;
  const services = new Map<string, ServiceState>();
  let kicks = 0;
  const createKick = (): string => `kick-${(kicks += 1)}`;

  function stateOf(keys: EventKeys): ServiceState {
    const known = services.get(keys.service);
    if (known !== undefined) return known;
    const added: ServiceState = {
      keys,
      forgetLook: undefined,
      last: undefined,
      verifying: undefined,
    };
    services.set(keys.service, added);
    return added;
  }
  const tell = (news: News): void => {
    learnInto(memory, news, rules, now());
  };
  const lookAfter = (state: ServiceState, ms: number): void => {
    state.forgetLook?.();
    state.forgetLook = timeline.after(ms, () => decideAgain(state));
  };

  function decideOn(
    event: Event,
    facts: Facts,
    again: boolean,
    state: ServiceState,
  ): Decision {
    const { keys } = state;
    const { decision, kick } = judgeInto(
      memory,
      event,
      { rules, facts, now: now(), keys, again, isBrief },
      createKick,
    );
    hooks.onDecision?.(event, facts, decision, again);
    const isJoined = decision.kind === 'skip' && decision.code === 'joined';
    if (!isJoined) {
      state.forgetLook?.();
      state.forgetLook = undefined;
    }
    if (decision.kind !== 'kick' && !isStopped(decision.code)) {
      const next = lookAgain(decision, policySeconds);
      if (next.kind === 'after') lookAfter(state, next.ms);
    }
    if (decision.kind === 'kick' && kick !== undefined) {
      const service = event.service ?? '';
      const sent: RehearsedKick = {
        id: kick,
        host: keys.host,
        service,
        decision,
      };
      hooks.onKick?.(sent, event, facts);
      options.send(sent);
    }
    return decision;
  }

  function decideAgain(state: ServiceState): void {
    state.forgetLook = undefined;
    if (state.last === undefined) return;
    const { event, facts } = refresh(state.last.event, state.last.facts);
    decideOn(event, facts, true, state);
  }

  function judgeRun(kick: RehearsedKick): void {
    const { id, host, service } = kick;
    const key = serviceKey(host, service);
    // It was seen green, or another kick has come since.
    if (memory.read('service', key)?.verifying?.kick !== id) return;
    const state = services.get(key);
    if (state !== undefined) state.verifying = undefined;
    hooks.onVerdict?.(kick, false);
    const verdict = 'unknown';
    tell({ kind: 'verdict', kick: id, certname: host, service, verdict });
    if (state?.last !== undefined) lookAfter(state, 0);
  }

  return {
    take: (event, facts, keys) => {
      hooks.onEvent?.(event, facts);
      const state = stateOf(keys ?? keysOf(event, facts));
      if (event.state === 'OK' || event.state === 'UP') state.last = undefined;
      else if (event.service !== undefined) state.last = { event, facts };
      if (event.state === 'OK' && state.verifying !== undefined) {
        hooks.onVerdict?.(state.verifying, true);
        state.verifying = undefined;
      }
      return decideOn(event, facts, false, state);
    },
    end: (kick, outcome) => {
      const key = serviceKey(kick.host, kick.service);
      tell({ kind: 'outcome', kick: kick.id, outcome });
      const state = services.get(key);
      const window = memory.read('service', key)?.verifying;
      if (window?.kick !== kick.id || state === undefined) {
        if (state?.last !== undefined) lookAfter(state, 0);
        // Green before the run had ended.
        else if (didRun(outcome)) hooks.onVerdict?.(kick, true);
        return;
      }
      state.verifying = kick;
      const { steadyMs } = memory.read('fleet', '') ?? { steadyMs: 0 };
      timeline.after(window.untilMs - steadyMs, () => judgeRun(kick));
    },
    tell,
    hurry: (ms) => {
      for (const state of services.values()) {
        if (state.forgetLook !== undefined) lookAfter(state, ms);
      }
    },
  };
}

/** What goes on about one service. Every field is always there: an object that loses one is slow from then on. */
interface ServiceState {
  keys: EventKeys;
  /** takes back the next look at it */
  forgetLook: (() => void) | undefined;
  /** the last event of the problem that lasts */
  last: { event: Event; facts: Facts } | undefined;
  /** its run has ended, and the log has not yet said whether it helped */
  verifying: RehearsedKick | undefined;
}
