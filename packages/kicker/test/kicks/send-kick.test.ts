import t from 'tap';
import type { Kick, Run } from '@kickd/protocol';
import { sendKick } from '../../src/kicks/send-kick.ts';
import { errors } from '../../src/errors.ts';
import type { AgentReply } from '../../src/ports.ts';
import { aRun } from '../fake-kickd.ts';

const accepted: AgentReply<Run> = {
  kind: 'accepted',
  status: 202,
  body: aRun(),
};
const problem: AgentReply<Run> = {
  kind: 'problem',
  status: 403,
  code: 'ACL_DENIED',
  title: '',
  remedy: '',
};
const unknown: AgentReply<Run> = {
  kind: 'unknown',
  fault: errors.replyLost('REPLY_LOST', 'x'),
};
const notSent: AgentReply<Run> = {
  kind: 'not-sent',
  fault: errors.connectRefused('x', 1),
};
const refused: AgentReply<Run> = {
  kind: 'refused-tls',
  fault: errors.serverNotTrusted('x', 'SERVER_REVOKED', 'x'),
};

// What comes back for each time it is sent, what is told at the end, and how often it was sent.
const rows: [AgentReply<Run>[], AgentReply<Run>, number][] = [
  [[accepted], accepted, 1],
  [[problem], problem, 1],
  [[notSent], notSent, 1],
  [[refused], refused, 1],
  [[unknown, accepted], accepted, 2],
  [[unknown, unknown, accepted], accepted, 3],
  [[unknown, problem], problem, 2],
  // Once its fate is unknown, "could not connect" does not make it "not sent".
  [[unknown, notSent, notSent, notSent], unknown, 4],
  [[unknown, notSent, accepted], accepted, 3],
  [[unknown, refused, refused, refused], unknown, 4],
  [[unknown, unknown, unknown, unknown, accepted], unknown, 4],
];
for (const [replies, wanted, times] of rows) {
  void t.test(replies.map(({ kind }) => kind).join(', '), async (t) => {
    const sent: Kick[] = [];
    const kick: Kick = { kick: 'k', certname: 'web1' };
    const end = await sendKick(
      {
        postRun: async (_target, request) => {
          sent.push(request);
          return replies[sent.length - 1] ?? accepted;
        },
      },
      { name: 'web1', certname: 'web1', address: 'web1', port: 8139 },
      kick,
      { pause: async () => {}, random: () => 0 },
      new AbortController().signal,
    );
    t.equal(end, wanted);
    t.equal(sent.length, times);
    t.ok(sent.every((one) => one === kick));
  });
}
