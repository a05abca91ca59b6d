import type { Run } from '@kickd/protocol';
import type { ReplyRecord } from './entry.ts';
import type { AgentReply } from '../ports.ts';
import { factsOf } from '../fleet/reply-facts.ts';

/** What the ledger keeps of a reply to a kick. */
export function replyRecordOf(reply: AgentReply<Run>): ReplyRecord {
  if (reply.kind === 'accepted') {
    const { run, state } = reply.body;
    return { kind: 'accepted', run: { run, state } };
  }
  const { code, message } = factsOf(reply);
  return { kind: reply.kind, code, message };
}
