import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WatcherOptions {
  port: number;
  host: string;
  service: string;
  kicker: string;
  config: string;
  /** a named pipe, as Nagios's command_file */
  commandFile: string;
  signal: AbortSignal;
  onState(state: ServiceState): void;
  onHandler(line: string, exitCode: number | null): void;
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
        callHandler(options, next, since, next.state === 'OK' ? 0 : problem);
      }
      last = next;
    }
    const isSoft = last.state === 'CRITICAL' && last.type === 'SOFT';
    await forced.orAfter(isSoft ? retryIntervalMs : checkIntervalMs);
  }
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

function callHandler(
  options: WatcherOptions,
  state: ServiceState,
  since: Date,
  problem: number,
): void {
  const child = spawn(
    options.kicker,
    [
      'event',
      'nagios',
      `--config=${options.config}`,
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
    { cwd: '/tmp', env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' } },
  );
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.once('close', (exitCode) => {
    options.onHandler(output.trim(), exitCode);
  });
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
