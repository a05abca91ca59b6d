import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

export interface WatcherOptions {
  port: number;
  host: string;
  service: string;
  /** Nagios's event handler, and what its environment says of where kicker is */
  handler: string;
  handlerEnv: Readonly<Record<string, string>>;
  /** a named pipe, as Nagios's command_file */
  commandFile: string;
  signal: AbortSignal;
  onState(state: ServiceState): void;
  /** the handler failed, and said why */
  onHandlerFailed(said: string): void;
  onForcedCheck(): void;
}

interface ServiceState {
  state: 'OK' | 'CRITICAL';
  type: 'SOFT' | 'HARD';
  attempt: number;
}

/** Nagios's ways on a small scale: intervals in seconds, four attempts, a handler for each change. */
const checkIntervalMs = 5000;
const retryIntervalMs = 1000;
const maxAttempts = 4;

/**
 * A watcher that checks one web service and calls its event handler exactly as Nagios does: for
 * each SOFT attempt, once for HARD and once for the recovery; without HOME, from /tmp.
 */
export async function watch(options: WatcherOptions): Promise<void> {
  const forced = await startCommandPipe(options);
  let last: ServiceState = { state: 'OK', type: 'HARD', attempt: 1 };
  let since = new Date();
  let problem = 0;
  const handlers: Promise<void>[] = [];
  while (!options.signal.aborted) {
    const isUp = await answers(options.port);
    const next = nextState(last, isUp);
    if (next !== undefined) {
      if (last.state !== next.state) {
        since = new Date();
        if (next.state === 'CRITICAL') problem += 1;
      }
      options.onState(next);
      if (next.state !== 'OK' || last.state !== 'OK') {
        const id = next.state === 'OK' ? 0 : problem;
        handlers.push(callHandler(options, next, since, id));
      }
      last = next;
    }
    const isSoft = last.state === 'CRITICAL' && last.type === 'SOFT';
    await forced.orAfter(isSoft ? retryIntervalMs : checkIntervalMs);
  }
  // One that found nobody who serves would start a kicker of its own.
  await Promise.all(handlers);
  await forced.close();
}

/** undefined: nothing changed, so that Nagios calls no handler */
function nextState(
  last: ServiceState,
  isUp: boolean,
): ServiceState | undefined {
  if (isUp) {
    return last.state === 'OK' ? undefined : { ...last, state: 'OK' };
  }
  if (last.state === 'OK') {
    return { state: 'CRITICAL', type: 'SOFT', attempt: 1 };
  }
  if (last.type === 'HARD') return undefined;
  const attempt = last.attempt + 1;
  const type = attempt >= maxAttempts ? 'HARD' : 'SOFT';
  return { state: 'CRITICAL', type, attempt };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, timeout: 1000, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
  });
}

async function callHandler(
  options: WatcherOptions,
  state: ServiceState,
  since: Date,
  problem: number,
): Promise<void> {
  const { exitCode, all } = await execa(
    options.handler,
    [
      `--host=${options.host}`,
      '--address=127.0.0.1',
      `--service=${options.service}`,
      `--state=${state.state}`,
      `--state-type=${state.type}`,
      `--attempt=${String(state.attempt)}`,
      `--max-attempts=${String(maxAttempts)}`,
      `--problem-id=${String(problem)}`,
      `--since=${String(Math.floor(since.getTime() / 1000))}`,
      '--service-downtime=0',
      '--host-downtime=0',
      '--host-state=UP',
    ],
    {
      cwd: '/tmp',
      env: options.handlerEnv,
      extendEnv: false,
      all: true,
      reject: false,
    },
  );
  if (exitCode !== 0) options.onHandlerFailed(all.trim());
}

/** The other end of the command file: SCHEDULE_FORCED_SVC_CHECK makes the watcher look at once. */
async function startCommandPipe(options: WatcherOptions): Promise<{
  orAfter(ms: number): Promise<void>;
  close(): Promise<void>;
}> {
  let wake = new AbortController();
  // read and write: the pipe stays open when a writer leaves
  const pipe = await open(
    options.commandFile,
    constants.O_RDWR | constants.O_NONBLOCK,
  );
  const stream = readLines(pipe, (line) => {
    if (!line.includes('SCHEDULE_FORCED_SVC_CHECK;')) return;
    options.onForcedCheck();
    wake.abort();
  });
  return {
    orAfter: async (ms) => {
      wake = new AbortController();
      const signal = AbortSignal.any([wake.signal, options.signal]);
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    },
    close: async () => {
      stream.destroy();
      await pipe.close().catch(() => undefined);
    },
  };
}

function readLines(
  pipe: FileHandle,
  onLine: (line: string) => void,
): { destroy(): void } {
  let isOver = false;
  const buffer = Buffer.alloc(4096);
  let rest = '';
  const poll = setInterval(() => {
    if (isOver) return;
    void pipe.read(buffer, 0, buffer.length).then(
      ({ bytesRead }) => {
        const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split(
          '\n',
        );
        rest = lines.pop() ?? '';
        lines.forEach(onLine);
      },
      // EAGAIN: nobody has written
      () => undefined,
    );
  }, 20);
  return {
    destroy: () => {
      isOver = true;
      clearInterval(poll);
    },
  };
}
