import type { Run } from '@kickd/protocol';
import t from 'tap';
import { judgeProblem, judgeReply } from '../../src/io/agent-reply.ts';
import { aRun } from '../fake-kickd.ts';

const reply = (status: number, body: string, retryAfter?: string) =>
  ({ kind: 'whole', status, retryAfter, body: Buffer.from(body) }) as const;
const always = () => Promise.resolve(true);
const keep = (body: Run) => ({ kind: 'kept', body }) as const;

// Each row: the header, and the seconds that it means.
const waits: [string | undefined, number | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['0', 0],
  ['1', 1],
  ['86400', 86_400],
  ['86401', undefined],
  ['90000', undefined],
  ['100000', undefined],
  ['-5', undefined],
  ['+5', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  [' 5', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
];
for (const [given, seconds] of waits) {
  t.strictSame(
    judgeProblem(reply(503, '', given)).retryAfterSeconds,
    seconds,
    `Retry-After: ${given ?? 'none'}`,
  );
}

void t.test(
  'a body that nests is no reply, whatever key it is in',
  async (t) => {
    const nested = (depth: number): string =>
      JSON.stringify(aRun()).replace(
        /}$/,
        `,"x":${'['.repeat(depth)}${']'.repeat(depth)}}`,
      );
    t.match(await judgeReply(reply(202, nested(15)), always, keep), {
      kind: 'accepted',
    });
    const isRun = (body: unknown) => Promise.resolve(body !== undefined);
    for (const depth of [16, 200_000]) {
      t.match(await judgeReply(reply(202, nested(depth)), isRun, keep), {
        kind: 'unknown',
        fault: { code: 'REPLY_UNREADABLE', exitCode: 5 },
      });
    }
    t.match(
      judgeProblem(reply(403, `{"code":"A","x":${'['.repeat(200_000)}`)),
      {
        kind: 'problem',
        code: 'HTTP_403',
      },
    );
  },
);

void t.test('a reply about something else is no answer', async (t) => {
  const other = () =>
    ({ kind: 'other', asked: 'run a', found: 'run b' }) as const;
  t.match(await judgeReply(reply(200, '{}'), always, other), {
    kind: 'unknown',
    fault: {
      code: 'REPLY_OTHER',
      exitCode: 5,
      message: 'it was asked about run a and answered about run b',
    },
  });
});

void t.test('long texts of a problem are cut', async (t) => {
  const body = JSON.stringify({
    code: 'ACL_DENIED',
    title: 'x'.repeat(10_000),
    remedy: 'y'.repeat(10_000),
  });
  const { title, remedy } = judgeProblem(reply(403, body));
  t.equal(title, `${'x'.repeat(253)}...`);
  t.equal(remedy, `${'y'.repeat(597)}...`);
});
