import type { Run } from '@kickd/protocol';
import { replyRecordOf } from '../ledger/reply-record.ts';
import type { OpenRecord } from '../ledger/entry.ts';
import type { AgentReply, Ledger } from '../ports.ts';

/**
 * Writes what came back for a kick. Where the host has taken it, the kick has its run from now on, and the
 * problem is acknowledged where the rule wants that.
 */
export function recordReplyOf(
  ledger: Ledger,
  { kick, problem, plan, event }: OpenRecord,
  reply: AgentReply<Run>,
  hasMonitor: boolean,
): void {
  const keys = { kick, problem };
  ledger.transact((transaction) => {
    transaction.add([
      { entry: { kind: 'reply', body: replyRecordOf(reply) }, keys },
    ]);
    if (reply.kind !== 'accepted') return;
    const present = transaction.findOpen({ kick });
    if (present === undefined || present.progress.stage === 'verify') return;
    const { run } = reply.body;
    transaction.advance(kick, undefined, { ...present.progress, run });
    const { host, service } = event;
    const isHealing = present.progress.stage === 'open';
    if (plan?.acknowledge !== true || service === undefined) return;
    if (!hasMonitor || !isHealing) return;
    const text = `kicker: healing, run ${run}`;
    const errand = { kind: 'acknowledge', host, service, text } as const;
    transaction.charge([{ errand, keys }]);
  });
}
