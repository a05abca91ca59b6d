import type {
  Entry,
  EntryKind,
  OpenRecord,
  Progress,
  StoredEntry,
  WaitingRecord,
} from '../ledger/entry.ts';
import type { Moment } from '../events/moment.ts';
import type { Action, ActionRecord } from '../outbox/action.ts';

/** Rows of the ledger to records; the ledger alone writes these rows, and it writes these shapes. */
export type Row = Record<string, unknown>;

export function openRecordOf(row: Row): OpenRecord {
  return {
    ...(parse(row['body']) as Pick<
      OpenRecord,
      'target' | 'request' | 'event' | 'plan'
    >),
    kick: String(row['kick']),
    problem: String(row['problem']),
    decided: momentOf(row),
    lifeMs: Number(row['life_ms']),
    progress: parse(row['progress']) as Progress,
  };
}

export function storedEntryOf(row: Row): StoredEntry {
  const { kick, problem } = keysOf(row);
  return {
    seq: Number(row['seq']),
    at: String(row['at']),
    ...(kick === undefined ? {} : { kick }),
    ...(problem === undefined ? {} : { problem }),
    entry: {
      kind: row['kind'] as EntryKind,
      body: parse(row['body']),
    } as Entry,
  };
}

export function waitingRecordOf(row: Row): WaitingRecord {
  return {
    problem: String(row['problem']),
    subject: String(row['subject']),
    event: parse(row['body']) as WaitingRecord['event'],
    code: String(row['code']),
    since: momentOf(row),
    afterMs: Number(row['after_ms']),
  };
}

export function actionRecordOf(row: Row): ActionRecord {
  return {
    seq: Number(row['seq']),
    at: String(row['at']),
    keys: keysOf(row),
    action: parse(row['body']) as Action,
    lane: String(row['lane']),
    subject: String(row['subject']),
    urgency: Number(row['urgency']),
    decided: momentOf(row),
    delayMs: Number(row['delay_ms']),
    lifeMs: Number(row['life_ms']),
    tries: Number(row['tries']),
  };
}

function momentOf(row: Row): Moment {
  return {
    boot: String(row['boot']),
    monotonicMs: Number(row['monotonic_ms']),
    wallMs: Number(row['wall_ms']),
  };
}

function keysOf(row: Row): { kick?: string; problem?: string } {
  const { kick, problem } = row;
  return {
    ...(typeof kick === 'string' ? { kick } : {}),
    ...(typeof problem === 'string' ? { problem } : {}),
  };
}

function parse(text: unknown): unknown {
  return JSON.parse(String(text)) as unknown;
}
