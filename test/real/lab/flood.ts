/**
 * What a stranger who has taken over the listener may ask of the runner: as many kicks as it can, each
 * for something else, and bytes that are no request. Prints `{"asked", "answers", "garbage"}`.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { createUuid7 } from '@kickd/protocol';
import { SocketRunner } from '../../../packages/agent/src/io/socket-runner.ts';
import { recordBytes } from '../../../packages/agent/src/record/layout.ts';

const path = '/run/kickd/runner.sock';
const kicks = Number(process.argv[2]);
const runner = new SocketRunner(path);
const answers = new Map<string, number>();
let asked = 0;

await Promise.all(Array.from({ length: 20 }, kickOn));
let garbage = 0;
for (let n = 0; n < 200; n += 1) garbage += await writeGarbage();
process.stderr.write(
  `FLOOD ${JSON.stringify({ asked, answers: Object.fromEntries(answers), garbage })}\n`,
);

async function kickOn(): Promise<void> {
  while (asked < kicks) {
    asked += 1;
    const kick = {
      kick: createUuid7(Date.now(), randomBytes(10)),
      certname: 'web1.example.com',
      tags: [`t${String(asked)}`],
    };
    const kind = await runner.submit(kick, 'monitor.example.com').then(
      (submission) => submission.kind,
      () => 'no answer',
    );
    answers.set(kind, (answers.get(kind) ?? 0) + 1);
  }
}

/** @returns how many bytes of an accepted kick came back */
function writeGarbage(): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text.includes('accepted') ? 1 : 0));
    socket.end(randomBytes(recordBytes));
  });
}
