import type { Decision } from '../../src/decide/decision.ts';
import type { Facts } from '../../src/decide/facts.ts';
import type { Event } from '../../src/monitors/event.ts';

/** A kick as it is sent. */
export interface SentKick {
  id: string;
  host: string;
  service: string;
  decision: Extract<Decision, { kind: 'kick' }>;
}

/** Sees all that goes in and out of the engine, by true time. */
export interface Watcher {
  onEvent(event: Event, facts: Facts, nowMs: number): void;
  /** a decision, also of an event that is looked at again */
  onDecision(
    event: Event,
    facts: Facts,
    decision: Decision,
    nowMs: number,
  ): void;
  onKick(kick: SentKick, event: Event, facts: Facts, nowMs: number): void;
  onEnd(kick: SentKick, didRun: boolean, nowMs: number): void;
  onVerdict(kick: SentKick, isHealed: boolean, nowMs: number): void;
  onPolicy(host: string, nowMs: number): void;
  onStop(isStopped: boolean, nowMs: number): void;
  onReset(group: string, nowMs: number): void;
}
