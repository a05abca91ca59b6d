import type { Decision } from './decision.ts';

/** A kick of the same problem that has not ended, as the ledger holds it. */
export interface OpenKick {
  kick: string;
  /** ISO 8601; after it the kick is not sent again */
  expires: string;
  /** whether the process that owns it is really there: its pid and its start time fit */
  isFollowed: boolean;
}

/** What to do with a decision to kick, given what is already under way. */
export type Way =
  | { kind: 'send' }
  | {
      kind: 'join';
      kick: string;
      decision: Extract<Decision, { kind: 'skip' }>;
    }
  | { kind: 'take-over'; kick: string; reason: string };

/**
 * Nagios calls twice for one problem (SOFT 3, then HARD): the second joins the open kick. Where nobody
 * follows that kick any more (killed, rebooted), the second takes it over, under the same id.
 */
export function joinOpenKick(open: OpenKick | undefined): Way {
  if (open === undefined) return { kind: 'send' };
  if (open.isFollowed) {
    return {
      kind: 'join',
      kick: open.kick,
      decision: {
        kind: 'skip',
        code: 'joined',
        reasons: [`kick ${open.kick} for this problem is already under way`],
      },
    };
  }
  return {
    kind: 'take-over',
    kick: open.kick,
    reason: `kick ${open.kick} for this problem was left by its process: taken over`,
  };
}
