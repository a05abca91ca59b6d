import { createServer, type Server, type Socket } from 'node:net';
import type { Run } from '@kickd/protocol';
import { Fault } from '@kickd/protocol';
import { faults, reasonOf } from '../errors.ts';
import type { Narrator, Runner } from '../ports.ts';
import type { Answers, RunnerRefusal } from '../record/answers.ts';
import { decodeRecord } from '../record/decode.ts';
import { encodeFrame, type FrameKind } from '../record/frames.ts';
import { recordBytes } from '../record/layout.ts';
import type { RunnerRequest } from '../record/request.ts';
import type { Activity } from './leave-when-idle.ts';

/** Somewhat more than the listener holds connections. */
const connectionsMax = 320;
/** A record is written in one piece. */
const recordTimeoutMs = 2000;
/** A little longer than the listener lets anybody wait: it is the one to end a wait. */
const waitMaxMs = 90 * 1000;

export interface RunnerServerSettings {
  runner: Runner;
  /** of this host: a kick for another is refused, whatever the listener has let through */
  certname: string;
  narrator: Narrator;
}

export interface RunnerServer {
  /** @throws Fault RUNNER_SOCKET */
  listen(at: { fd: number } | { path: string }): Promise<void>;
  /** requests */
  readonly activity: Activity;
  /** Stops accepting and ends what is open. */
  close(): Promise<void>;
}

/**
 * The runner's end of the socket: one record in, its answer out, the end. Who may connect is the
 * matter of the socket's owner and mode; Node cannot ask the kernel for the peer (SO_PEERCRED).
 */
export function createRunnerServer(
  settings: RunnerServerSettings,
): RunnerServer {
  const open = new Set<Socket>();
  let begun = 0;
  const server = createServer((socket) => {
    open.add(socket);
    begun += 1;
    // 'close' follows; there is nobody to tell
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    void serve(socket, settings).finally(() => socket.destroySoon());
  });
  server.maxConnections = connectionsMax;
  return {
    listen: (at) => listen(server, at),
    get activity() {
      return { underWay: open.size, begun };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function listen(
  server: Server,
  at: { fd: number } | { path: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = 'fd' in at ? `descriptor ${String(at.fd)}` : at.path;
      reject(
        new Fault(faults.runnerSocket(where, reasonOf(error)), {
          cause: error,
        }),
      );
    });
    // Node makes the socket with the mode that the mask leaves: the owner's alone, from its first moment
    const mask = process.umask(0o177);
    server.listen(at, resolve);
    process.umask(mask);
  });
}

/** Never rejects. */
async function serve(
  socket: Socket,
  settings: RunnerServerSettings,
): Promise<void> {
  const { certname, narrator } = settings;
  const record = await readRecord(socket);
  if (record === undefined) return;
  const decoded =
    record === 'late'
      ? ({ kind: 'refused', fault: 'late' } as const)
      : decodeRecord(record);
  if (decoded.kind === 'refused') {
    return refuse(socket, decoded.fault, settings);
  }
  const { request } = decoded;
  if (request.operation === 'submit' && request.kick.certname !== certname) {
    return refuse(socket, 'certname', settings);
  }
  try {
    await answer(socket, request, settings);
  } catch (error) {
    narrator.tell({ event: 'warning', fault: faults.internal(error) });
  }
}

function refuse(
  socket: Socket,
  fault: RunnerRefusal,
  { narrator }: RunnerServerSettings,
): Promise<void> {
  narrator.tell({ event: 'record-refused', fault });
  return send(socket, 'refused', fault);
}

async function answer(
  socket: Socket,
  request: RunnerRequest,
  settings: RunnerServerSettings,
): Promise<void> {
  const { runner } = settings;
  switch (request.operation) {
    case 'submit':
      return reply(
        socket,
        'submit',
        await runner.submit(request.kick, request.by, request.as),
      );
    case 'find':
      return reply(socket, 'find', runOf(await runner.find(request.run)));
    case 'wait-for-end':
    case 'wait-for-heal': {
      const signal = AbortSignal.any([
        AbortSignal.timeout(waitMaxMs),
        hangUp(socket),
      ]);
      const { operation, run } = request;
      const found =
        operation === 'wait-for-end'
          ? await runner.waitForEnd(run, signal)
          : await runner.waitForHeal(run, signal);
      return reply(socket, operation, runOf(found));
    }
    case 'cancel':
      return reply(
        socket,
        'cancel',
        await runner.cancel(request.run, request.by),
      );
    case 'read-log': {
      const log = await runner.readLog(request.run, hangUp(socket));
      await reply(socket, 'read-log', { isKnown: log !== undefined });
      if (log === undefined) return;
      for await (const chunk of log) {
        if (socket.destroyed) return;
        await write(socket, encodeFrame('chunk', chunk));
      }
      return send(socket, 'end');
    }
    case 'recent':
      return reply(socket, 'recent', await runner.recent(request.most));
    case 'state':
      return reply(socket, 'state', await runner.state());
  }
}

/**
 * @returns what came, cut one byte after a whole record; 'late' when its time is over; undefined when
 * the other side has hung up before it said anything
 */
function readRecord(socket: Socket): Promise<Uint8Array | 'late' | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isSettled = false;
    const settle = (result: Uint8Array | 'late' | undefined): void => {
      isSettled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => settle('late'), recordTimeoutMs);
    const whatCame = (): Uint8Array =>
      Buffer.concat(chunks).subarray(0, recordBytes + 1);
    socket.on('data', (chunk) => {
      if (isSettled) {
        // nothing may follow a record
        socket.destroy();
        return;
      }
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes >= recordBytes) settle(whatCame());
    });
    // half a record is refused for its length, and told
    socket.on('end', () => settle(bytes === 0 ? undefined : whatCame()));
    socket.on('close', () => settle(undefined));
  });
}

function reply<Operation extends keyof Answers>(
  socket: Socket,
  _operation: Operation,
  body: Answers[Operation],
): Promise<void> {
  return send(socket, 'answer', body);
}

function send(
  socket: Socket,
  kind: FrameKind,
  body?: Answers[keyof Answers] | RunnerRefusal,
): Promise<void> {
  const text = body === undefined ? '' : JSON.stringify(body);
  return write(socket, encodeFrame(kind, Buffer.from(text)));
}

/** Resolves when there is room for more, or nobody to read it. */
function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });
}

function hangUp(socket: Socket): AbortSignal {
  const controller = new AbortController();
  socket.once('close', () => controller.abort());
  return controller.signal;
}

function runOf(run: Run | undefined): { run?: Run } {
  return run === undefined ? {} : { run };
}
