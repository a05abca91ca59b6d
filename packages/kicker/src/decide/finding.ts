import type { Escalate, SkipCode, WaitCode } from './decision.ts';

/** What one guard says of a situation: nothing, a fact that matters, or that it forbids a kick. */
export type Finding =
  | undefined
  | { kind: 'note'; reason: string }
  | {
      kind: 'skip';
      code: SkipCode;
      reason: string;
      kick?: string;
      escalate?: Escalate;
    }
  | {
      kind: 'wait';
      code: WaitCode;
      reason: string;
      againAfterMs: number;
      escalate?: Escalate;
    };

/** `40 s`, `12 min`, `3 h`, `5 d`: rounded, to say in a reason. */
export function showMs(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 60 * 60) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / (24 * 3600))} d`;
}
