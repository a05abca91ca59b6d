import { Fault, type Run } from '@kickd/protocol';
import type { EntryKeys } from '../ledger/entry.ts';
import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { AgentReply, Ledger } from '../ports.ts';
import type { Shell } from './command.ts';
import { replyRecordOf } from '../ledger/reply-record.ts';

/** Writes what came back. The kick is sent by now: a broken ledger is told, and nothing else stops. */
export function recordReply(
  ledger: Ledger,
  shell: Pick<Shell, 'warn'>,
  keys: EntryKeys,
  reply: AgentReply<Run>,
): void {
  keep(shell, () =>
    ledger.append([
      { entry: { kind: 'reply', body: replyRecordOf(reply) }, keys },
    ]),
  );
}

/** Writes how the kick ended. */
export function recordSettled(
  ledger: Ledger,
  shell: Pick<Shell, 'warn'>,
  keys: EntryKeys & { kick: string },
  outcome: OutcomeRecord,
): void {
  keep(shell, () =>
    ledger.append([{ entry: { kind: 'outcome', body: outcome }, keys }]),
  );
}

/** The kick is sent by now: a broken ledger is told, and nothing else stops. */
export function keep(shell: Pick<Shell, 'warn'>, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    shell.warn(
      `kicker: LEDGER_INCOMPLETE: sent, but the ledger lacks what came of it (${error.code})`,
    );
  }
}
