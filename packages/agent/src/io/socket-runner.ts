import { createConnection, type Socket } from 'node:net';
import { Fault, type Kick, type Run, type Uuid7 } from '@kickd/protocol';
import { faults, reasonOf } from '../errors.ts';
import type {
  Cancellation,
  KickAs,
  Runner,
  RunnerState,
  Submission,
} from '../ports.ts';
import type { Answers } from '../record/answers.ts';
import { encodeRecord } from '../record/encode.ts';
import { readFrames, type Frame } from '../record/frames.ts';
import type { Operation } from '../record/layout.ts';
import type { RunnerRequest } from '../record/request.ts';
import { listenerLimits } from './listener-limits.ts';

const { runnerAnswerMs: answerTimeoutMs } = listenerLimits;

/**
 * The `Runner` at the other end of a UNIX socket: one connection a request, so that the runner may come and
 * go between any two. Every method rejects with Fault RUNNER_UNAVAILABLE when there is no answer, which
 * for a kick means that nobody knows whether it was taken: the same kick may be sent again.
 */
export class SocketRunner implements Runner {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  submit(kick: Kick, by: string, as: KickAs = 'run'): Promise<Submission> {
    return this.#ask({
      operation: 'submit',
      kick,
      by,
      ...(as === 'drill' && { as }),
    });
  }

  async find(run: Uuid7): Promise<Run | undefined> {
    return (await this.#askAgain({ operation: 'find', run })).run;
  }

  cancel(run: Uuid7, by: string): Promise<Cancellation> {
    // as long as the run takes to end: the runner bounds that
    return this.#ask({ operation: 'cancel', run, by }, neverAborts());
  }

  waitForEnd(run: Uuid7, signal: AbortSignal): Promise<Run | undefined> {
    return this.#wait('wait-for-end', run, signal);
  }

  waitForHeal(run: Uuid7, signal: AbortSignal): Promise<Run | undefined> {
    return this.#wait('wait-for-heal', run, signal);
  }

  async #wait(
    operation: 'wait-for-end' | 'wait-for-heal',
    run: Uuid7,
    signal: AbortSignal,
  ): Promise<Run | undefined> {
    if (signal.aborted) return this.find(run);
    try {
      return (await this.#askAgain({ operation, run }, signal)).run;
    } catch (error) {
      if (signal.aborted) return this.find(run);
      throw error;
    }
  }

  async readLog(
    run: Uuid7,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const frames = this.#exchange({ operation: 'read-log', run }, signal);
    const { isKnown } = await this.#first<'read-log'>(frames);
    return isKnown ? this.#chunks(frames, signal) : undefined;
  }

  recent(most: number): Promise<Run[]> {
    return this.#askAgain({ operation: 'recent', most });
  }

  state(): Promise<RunnerState> {
    return this.#askAgain({ operation: 'state' });
  }

  /** Nothing is held open between two requests. */
  async close(): Promise<void> {}

  /** A runner that is restarted in mid-answer is asked once more: for what changes nothing. */
  async #askAgain<Request extends RunnerRequest>(
    request: Request,
    signal?: AbortSignal,
  ): Promise<Answers[Request['operation']]> {
    try {
      return await this.#ask(request, signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      return this.#ask(request, signal);
    }
  }

  async #ask<Request extends RunnerRequest>(
    request: Request,
    signal: AbortSignal = AbortSignal.timeout(answerTimeoutMs),
  ): Promise<Answers[Request['operation']]> {
    const frames = this.#exchange(request, signal);
    try {
      return await this.#first<Request['operation']>(frames);
    } finally {
      await frames.return(undefined);
    }
  }

  async #first<Asked extends Operation>(
    frames: AsyncGenerator<Frame>,
  ): Promise<Answers[Asked]> {
    const { value, done } = await frames.next();
    if (done === true) throw this.#unavailable('it ended without an answer');
    const text = Buffer.from(value.body).toString();
    if (value.kind === 'answer') {
      // written by the runner, which is trusted with more than this
      return JSON.parse(text) as Answers[Asked];
    }
    throw this.#unavailable(`it refuses the request: ${text}`);
  }

  async *#chunks(
    frames: AsyncGenerator<Frame>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    try {
      for await (const { kind, body } of frames) {
        if (kind === 'end') return;
        yield body;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (!signal.aborted) throw this.#unavailable('it ended within a log');
  }

  /** Sends the record and gives the frames of the answer. */
  async *#exchange(
    request: RunnerRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Frame> {
    const socket = createConnection({ path: this.#path });
    const hangUp = (): void => void socket.destroy(reasonToEnd(signal));
    if (signal.aborted) hangUp();
    signal.addEventListener('abort', hangUp, { once: true });
    try {
      socket.write(encodeRecord(request));
      yield* readFrames(socket as AsyncIterable<Buffer>);
    } catch (error) {
      throw this.#unavailable(reasonOf(error), error);
    } finally {
      signal.removeEventListener('abort', hangUp);
      destroy(socket);
    }
  }

  #unavailable(why: string, cause?: unknown): Fault {
    return new Fault(faults.runnerUnavailable(this.#path, why), { cause });
  }
}

function reasonToEnd(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new Error('nobody waits for the answer any more');
}

function destroy(socket: Socket): void {
  // a late error of a socket that nobody needs any more
  socket.on('error', () => {});
  socket.destroy();
}

function neverAborts(): AbortSignal {
  return new AbortController().signal;
}
