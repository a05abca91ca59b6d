import type { Event } from '../events/event.ts';
import type { MessagePart } from '../ports.ts';

/** What one piece of a saved history says, where the monitor's own words for an event are read as in service. */
export type ToldItem =
  /** a change of state: kicker would have been called */
  | ToldAlert
  | (ToldPlace & { kind: 'flapping'; isFlapping: boolean })
  /** `id`: a service may be in several; `untilMs`: when it ends by itself */
  | (ToldPlace & { kind: 'downtime'; id: string; untilMs?: number })
  | (ToldPlace & { kind: 'downtime-over'; id: string })
  /** of a downtime that begins now or later: when it ends, or how long it lasts */
  | (ToldPlace & {
      kind: 'planned';
      id: string;
      untilMs?: number;
      lastsMs?: number;
    })
  /** `isOwn`: kicker itself did, while it healed */
  | (ToldPlace & {
      kind: 'acknowledged';
      by: string;
      isOwn: boolean;
      untilMs?: number;
    })
  | (ToldPlace & { kind: 'unacknowledged' })
  /** nothing to decide about */
  | { kind: 'other' }
  /** it cannot be used; `why`: by which fault, where it was read at all */
  | { kind: 'broken'; why?: string };

interface ToldPlace {
  host: string;
  /** absent: the host itself */
  service?: string;
}

export interface ToldAlert {
  kind: 'alert';
  event: Event;
  groups: readonly string[];
  /** the monitor says that all was well before it */
  beginsProblem?: boolean;
  /** what this change says of max_check_attempts */
  maxAttempts?: number;
  /** it says neither the attempt, which is counted then, nor whether it is acknowledged */
  isBare?: boolean;
  /** what names the check that led to it: told by two nodes, it counts once */
  check?: string;
}

/** What one part of a message, as a monitor's own reading has it, is in a history. */
export function itemOfPart(part: MessagePart | undefined): ToldItem {
  switch (part?.kind) {
    case 'event': {
      const { event, groups } = part.seen;
      return { kind: 'alert', event, groups };
    }
    case 'refused':
      return {
        kind: 'broken',
        why: part.faults
          .map(({ code, message }) => `${code}: ${message}`)
          .join('; '),
      };
    case 'ignored':
    case undefined:
      return { kind: 'other' };
  }
}
