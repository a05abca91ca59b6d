import { statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { Run } from '@kickd/protocol';
import { clearSocket } from '../../src/io/own-socket.ts';
import { createRunnerServer } from '../../src/io/runner-server.ts';
import { SocketRunner } from '../../src/io/socket-runner.ts';
import type { Clock, Runner } from '../../src/ports.ts';
import { encodeRecord } from '../../src/record/encode.ts';
import { encodeFrame } from '../../src/record/frames.ts';
import { offsets, recordBytes } from '../../src/record/layout.ts';
import { limitKicks } from '../../src/io/limited-runner.ts';
import type { Told } from '../../src/told.ts';
import { kickId, kickOf, monitor, web } from '../fixture.ts';
import { socketPath } from '../socket-path.ts';

const run: Run = {
  run: kickId(7),
  certname: web,
  cm: 'tool',
  state: 'queued',
  noop: false,
  kicks: [],
  queuedAt: '2026-11-24T23:59:59.000Z',
};

/** A runner that writes down what reaches it. */
function recorder(): Runner & { asked: string[] } {
  const asked: string[] = [];
  const heard =
    <Answer>(name: string, answer: Answer) =>
    async (): Promise<Answer> => {
      asked.push(name);
      return answer;
    };
  return {
    asked,
    submit: heard('submit', { kind: 'accepted', run }),
    find: heard('find', run),
    cancel: heard('cancel', { kind: 'cancelled', run }),
    readLog: heard('readLog', undefined),
    waitForEnd: heard('waitForEnd', run),
    waitForHeal: heard('waitForHeal', run),
    recent: heard('recent', [run]),
    state: () => Promise.reject(new Error('the disk is gone')),
    close: heard('close', undefined),
  };
}

async function startServer(
  t: Test,
  options: { perMinute?: number; clock?: Clock } = {},
) {
  const runner = recorder();
  const told: Told[] = [];
  const path = socketPath(t);
  const server = createRunnerServer({
    runner: limitKicks(runner, {
      perMinute: options.perMinute ?? 1000,
      clock: options.clock ?? { now: () => new Date(), monotonicMs: () => 0 },
    }),
    certname: web,
    narrator: { tell: (event) => void told.push(event) },
  });
  await server.listen({ path });
  t.teardown(() => server.close());
  /** @returns what came back before the end */
  const write = async (...pieces: Uint8Array[]): Promise<string> => {
    const socket = connect({ path });
    // the runner may hang up while we still write
    socket.on('error', () => {});
    for (const piece of pieces) socket.write(piece);
    if (Buffer.concat(pieces).length < recordBytes) socket.end();
    return (await buffer(socket).catch(() => Buffer.alloc(0))).toString();
  };
  return { path, runner, told, server, write };
}

const submission = (n = 1): Uint8Array =>
  encodeRecord({ operation: 'submit', kick: kickOf(n), by: monitor });

t.test('the socket is for its owner alone', async (t) => {
  const { path } = await startServer(t);
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('a whole record is answered, in whatever pieces it comes', async (t) => {
  const { write, runner } = await startServer(t);
  const record = submission();
  t.match(await write(record), /"kind":"accepted"/);
  const bytes = [...record].map((byte) => Uint8Array.of(byte));
  t.match(await write(...bytes), /"kind":"accepted"/);
  t.same(runner.asked, ['submit', 'submit']);
});

t.test('what is not one record starts nothing, and is told', async (t) => {
  const { write, runner, told } = await startServer(t);
  const version = submission();
  version[offsets.version + 1] = 2;
  const cases: [string, Uint8Array, string][] = [
    ['half a record', submission().slice(0, 4000), 'length'],
    ['one byte', Uint8Array.of(1), 'length'],
    ['one byte more', Buffer.concat([submission(), Buffer.of(0)]), 'length'],
    ['two records', Buffer.concat([submission(), submission()]), 'length'],
    ['another version', version, 'version'],
    ['text', Buffer.alloc(recordBytes, 'POST /run HTTP/1.1\r\n'), 'magic'],
    [
      'for another host',
      encodeRecord({
        operation: 'submit',
        kick: { ...kickOf(1), certname: 'web2.example.com' },
        by: monitor,
      }),
      'certname',
    ],
  ];
  for (const [name, bytes, fault] of cases) {
    told.length = 0;
    t.notMatch(await write(bytes), 'accepted', name);
    t.same(told, [{ event: 'record-refused', fault }], name);
  }
  told.length = 0;
  await write();
  t.same(told, [], 'a connection without a word is none of its business');
  t.same(runner.asked, []);
});

t.test('random bytes start nothing', async (t) => {
  const { write, runner } = await startServer(t);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: recordBytes + 100 }),
      fc.boolean(),
      async (bytes, hasHead) => {
        const head = hasHead ? submission().slice(0, 12) : new Uint8Array();
        await write(Buffer.concat([head, bytes]));
      },
    ),
    { numRuns: 100 },
  );
  t.same(runner.asked, []);
});

t.test('the runner counts the kicks itself', async (t) => {
  let nowMs = 0;
  const clock = { now: () => new Date(), monotonicMs: () => nowMs };
  const { path, runner } = await startServer(t, { perMinute: 2, clock });
  const listener = new SocketRunner(path);
  const kinds = async (count: number): Promise<string[]> => {
    const all = Array.from({ length: count }, (_, n) =>
      listener.submit(kickOf(n), monitor),
    );
    return (await Promise.all(all)).map(({ kind }) => kind);
  };
  t.same((await kinds(200)).filter((kind) => kind === 'accepted').length, 2);
  t.same(await listener.submit(kickOf(1), monitor), {
    kind: 'too-many',
    retryAfterMs: 30_000,
  });
  t.equal((await listener.find(kickId(7)))?.run, run.run, 'who asks may ask');
  nowMs = 30_000;
  t.same(await kinds(2), ['accepted', 'too-many']);
  t.equal(runner.asked.filter((name) => name === 'submit').length, 3);
});

t.test('an error of the runner is no answer', async (t) => {
  const { path, told } = await startServer(t);
  await t.rejects(new SocketRunner(path).state(), {
    code: 'RUNNER_UNAVAILABLE',
  });
  t.match(told, [
    { event: 'warning', fault: { message: 'the disk is gone' } },
    {},
  ]);
});

t.test('nobody there', async (t) => {
  const path = socketPath(t);
  const listener = new SocketRunner(path);
  const never = new AbortController().signal;
  const all: (() => Promise<unknown>)[] = [
    () => listener.submit(kickOf(1), monitor),
    () => listener.find(kickId(1)),
    () => listener.cancel(kickId(1), monitor),
    () => listener.waitForEnd(kickId(1), never),
    () => listener.readLog(kickId(1), never),
    () => listener.recent(50),
    () => listener.state(),
  ];
  for (const ask of all) {
    await t.rejects(ask(), {
      code: 'RUNNER_UNAVAILABLE',
      message: /r\.sock does not answer: .*ENOENT/,
      remedy: /systemctl status/,
    });
  }
});

/** A runner that takes a connection, and then does what a test says. */
async function startBroken(
  t: Test,
  serve: (socket: Socket, connection: number) => void,
): Promise<SocketRunner> {
  const path = socketPath(t);
  let connections = 0;
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    connections += 1;
    const connection = connections;
    socket.once('data', () => serve(socket, connection));
  });
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  return new SocketRunner(path);
}

const answer = (value: unknown): Uint8Array =>
  encodeFrame('answer', Buffer.from(JSON.stringify(value)));

t.test(
  'a runner that dies before its answer took no kick that we know of',
  async (t) => {
    const whole = answer({ kind: 'accepted', run });
    const cases: [string, Uint8Array][] = [
      ['nothing', new Uint8Array()],
      ['half a head', whole.slice(0, 3)],
      ['a head', whole.slice(0, 5)],
      ['all but a byte', whole.slice(0, -1)],
      ['another kind', encodeFrame('refused', Buffer.from('"version"'))],
      ['an end', encodeFrame('end')],
      ['no frame', Buffer.from('HTTP/1.1 202 Accepted\r\n\r\n')],
    ];
    for (const [name, bytes] of cases) {
      await t.test(name, async (t) => {
        const listener = await startBroken(t, (socket) => {
          socket.write(bytes, () => socket.destroy());
        });
        await t.rejects(listener.submit(kickOf(1), monitor), {
          code: 'RUNNER_UNAVAILABLE',
        });
      });
    }
  },
);

t.test('a question is asked once more, a kick is not', async (t) => {
  let connections = 0;
  const listener = await startBroken(t, (socket, connection) => {
    connections = connection;
    // every other one dies
    if (connection % 2 === 1) socket.destroy();
    else socket.end(answer({ run }));
  });
  t.equal((await listener.find(run.run))?.run, run.run);
  t.equal(connections, 2);
  const never = new AbortController().signal;
  t.equal((await listener.waitForEnd(run.run, never))?.run, run.run);
  t.equal(connections, 4);
  await t.rejects(listener.submit(kickOf(1), monitor), {
    code: 'RUNNER_UNAVAILABLE',
  });
  t.equal(connections, 5);
});

t.test('a log that breaks off is not taken for a whole one', async (t) => {
  const listener = await startBroken(t, (socket) => {
    socket.write(answer({ isKnown: true }));
    socket.write(encodeFrame('chunk', Buffer.from('half')), () => {
      socket.destroy();
    });
  });
  const log = await listener.readLog(run.run, new AbortController().signal);
  const read = async (): Promise<void> => {
    for await (const chunk of log ?? []) t.equal(String(chunk), 'half');
  };
  await t.rejects(read(), { code: 'RUNNER_UNAVAILABLE' });
});

t.test('a socket that a killed runner left behind is taken over', async (t) => {
  const { path, server } = await startServer(t);
  await t.rejects(clearSocket(path), {
    code: 'RUNNER_SOCKET',
    message: /another runner answers/,
  });
  await server.close();
  // Node removes its socket when it closes; one that is killed cannot
  const left = createServer();
  await new Promise<void>((resolve) => left.listen({ path }, resolve));
  left.close();
  await clearSocket(path);
  const file = join(t.testdir({ file: '' }), 'file');
  await t.rejects(clearSocket(file), { code: 'RUNNER_SOCKET' });
});
