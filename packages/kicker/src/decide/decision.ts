import type { Mode } from './rules.ts';

/** Why an event comes to no kick, now or ever. */
export type SkipCode =
  | 'not-a-problem'
  | 'other-problem'
  | 'ended'
  | 'host-event'
  | 'host-down'
  | 'no-target'
  | 'no-rule'
  | 'in-downtime'
  | 'acknowledged'
  | 'stale'
  | 'state-not-configured'
  | 'attempt-not-reached'
  | 'futile'
  | 'too-many-changes'
  | 'attempts-used'
  | 'healed-too-often'
  | 'gave-up'
  | 'storm'
  | 'joined'
  | 'observed';

/** Why an event comes to no kick yet. */
export type WaitCode =
  | 'stopped'
  | 'monitor-trouble'
  | 'storm-waiting'
  | 'flapping'
  | 'server-trouble'
  | 'verifying'
  | 'cool-down'
  | 'host-busy'
  | 'host-interval'
  | 'concurrency'
  | 'slow-host'
  | 'rate';

/** What the rule asks kickd for. */
export interface KickRequest {
  cm?: string;
  tags?: string[];
  noop?: boolean;
  environment?: string;
}

/** A person is to be told now; once for one `about`. */
export interface Escalate {
  /** what it is about: `problem`, `storm of GROUP`, `server`, `monitor`, `events` */
  about: string;
  reason: string;
}

interface Told {
  /** the rule that matched: `NAME (FILE:LINE)`; absent: none did, or none was asked for */
  rule?: string;
  /** every rule and fact that mattered, in plain words, that which decided first */
  reasons: string[];
  escalate?: Escalate;
}

/**
 * What an event comes to. `skip` is final for this event. `wait`: decide again after `againAfterMs`, as long
 * as the problem lasts, because a monitor may never tell of it again (Nagios calls for HARD once).
 */
export type Decision =
  | (Told & {
      kind: 'kick';
      mode: Exclude<Mode, 'observe'>;
      request: KickRequest;
    })
  | (Told & {
      kind: 'skip';
      code: SkipCode;
      /** `joined`: the kick that is under way for the same problem */
      kick?: string;
      /** `observed`: what the decision would have been */
      would?: Decision;
    })
  | (Told & { kind: 'wait'; code: WaitCode; againAfterMs: number });
