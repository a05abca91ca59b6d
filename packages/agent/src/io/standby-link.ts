import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../errors.ts';
import type { AskedStandby, ReadyStandby } from '../ports.ts';
import { readBootId, readStartTicks } from './proc.ts';

/**
 * What a standby may cost a run that it does not take. It says at once that it looks; one that sleeps all the same, stopped or
 * at something else, is not waited for. One that has something to do but no processor for it is: a host with a service down may
 * be a busy one, and a cold run takes seconds. The look at its files takes some 30 ms, longer where the disk is slow.
 */
const answerMs = { looking: 40, working: 500, ready: 500, leave: 500 };
const lineMaxChars = 64 * 1024;

/**
 * Asks the standby behind this socket whether it can take a run now. Never rejects.
 * @param isWorking whether its process runs, or would
 */
export async function askStandby(
  path: string,
  isWorking: () => boolean,
): Promise<AskedStandby> {
  const lines = new Lines(createConnection({ path }));
  try {
    lines.say({ ask: 'ready' });
    const first = await lines.hear(answerMs.looking, isWorking);
    const answer =
      first['standby'] === 'looking' ? await lines.hear(answerMs.ready) : first;
    if (answer['standby'] === 'stale') {
      lines.close();
      return { kind: 'stale', because: String(answer['because']) };
    }
    const standby = readyOf(answer, lines);
    if (standby !== undefined) return { kind: 'ready', standby };
    lines.close();
    return { kind: 'none', why: 'it gave an answer that is none' };
  } catch (error) {
    lines.close();
    return { kind: 'none', why: reasonOf(error) };
  }
}

/** Tells the standby behind this socket to end. Never rejects. */
export async function dismissStandby(path: string): Promise<void> {
  const lines = new Lines(createConnection({ path }));
  try {
    lines.say({ ask: 'leave' });
    await lines.hear(answerMs.leave);
  } catch {
    // it is gone, which is what was wanted
  } finally {
    lines.close();
  }
}

function readyOf(
  answer: Record<string, unknown>,
  lines: Lines,
): ReadyStandby | undefined {
  const { standby, pid, mark, resources, unfit } = answer;
  const startTicks = typeof pid === 'number' ? readStartTicks(pid) : undefined;
  if (
    standby !== 'ready' ||
    typeof pid !== 'number' ||
    startTicks === undefined ||
    typeof mark !== 'string' ||
    !Array.isArray(resources)
  ) {
    return undefined;
  }
  return {
    mark,
    identity: { pid, startTicks, bootId: readBootId() },
    resources: new Set(resources.map(String)),
    unfit: Object.fromEntries(
      Object.entries(unfit ?? {}).map(([name, why]) => [name, String(why)]),
    ),
    start: async (run, wanted) => {
      try {
        lines.say({ run, resources: wanted });
        const said = await lines.hear();
        return said['standby'] === 'started';
      } catch {
        return false;
      } finally {
        lines.close();
      }
    },
    release: () => lines.close(),
  };
}

/** Lines out and lines in, each JSON. */
class Lines {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;
  readonly #broken: Promise<never>;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, reject } = Promise.withResolvers<never>();
    socket.once('error', reject);
    // whoever listens next is told
    promise.catch(() => {});
    this.#broken = promise;
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  say(what: unknown): void {
    this.#socket.write(`${JSON.stringify(what)}\n`);
  }

  async hear(
    withinMs?: number,
    isWorking: () => boolean = () => false,
  ): Promise<Record<string, unknown>> {
    const next = Promise.race([this.#answers.next(), this.#broken]);
    const answer = await (withinMs === undefined
      ? next
      : within(next, withinMs, isWorking));
    if (answer.done === true) throw new Error('it hung up');
    if (answer.value.length > lineMaxChars) throw new Error('too long');
    const said: unknown = JSON.parse(answer.value);
    if (typeof said !== 'object' || said === null) throw new Error('no object');
    return { ...said };
  }

  close(): void {
    this.#socket.on('error', () => {});
    this.#socket.destroy();
  }
}

/** What is there already when the time is over counts, though a timer is asked before a socket. */
async function within<Value>(
  promise: Promise<Value>,
  ms: number,
  isWorking: () => boolean,
): Promise<Value> {
  const late = new AbortController();
  const after = (waitMs: number): Promise<undefined> =>
    sleep(waitMs, undefined, { signal: late.signal });
  try {
    const untilMs = performance.now() + ms + answerMs.working;
    let value = await Promise.race([promise, after(ms)]);
    do {
      value ??= await Promise.race([promise, after(lastLookMs)]);
      if (value !== undefined) return value;
    } while (isWorking() && performance.now() < untilMs);
    throw new Error(`no answer within ${String(ms)} ms`);
  } finally {
    late.abort();
  }
}

const lastLookMs = 5;
