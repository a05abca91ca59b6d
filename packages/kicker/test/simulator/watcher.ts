import type { Decision } from '../../src/decide/decision.ts';
import type { Facts } from '../../src/events/facts.ts';
import type { RehearsedKick } from '../../src/rehearse/rehearsal.ts';
import type { Event } from '../../src/events/event.ts';

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
  onKick(kick: RehearsedKick, event: Event, facts: Facts, nowMs: number): void;
  /** the host of a kick that is still wanted does not answer: it loads nobody */
  onNotReached(kick: RehearsedKick, nowMs: number): void;
  onEnd(kick: RehearsedKick, didRun: boolean, nowMs: number): void;
  onVerdict(kick: RehearsedKick, isHealed: boolean, nowMs: number): void;
  onPolicy(host: string, nowMs: number): void;
  onStop(isStopped: boolean, nowMs: number): void;
  onReset(group: string, nowMs: number): void;
}
