import { homedir, hostname } from 'node:os';
import { addAbortSignal } from 'node:stream';
import { runApp } from './app.ts';
import { exactArguments } from './io/exact-arguments.ts';
import { readMoment } from './io/moment.ts';
import type { Shell } from './commands/command.ts';

/** The one file that knows the process: arguments, environment, signals, exit code. */
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stop.abort(new Error(name)));
}

/** One for all that wait: a thousand hosts are no thousand listeners. */
let drain: Promise<void> | undefined;
function nextDrain(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      drain = undefined;
      resolve();
    };
    process.stdout.once('drain', end);
    // nobody reads any more
    process.stdout.once('close', end);
  });
}

const shell: Shell = {
  env: process.env,
  say: (line) => void process.stdout.write(`${line}\n`),
  drained: () =>
    process.stdout.writableNeedDrain ? (drain ??= nextDrain()) : undefined,
  warn: (line) => void process.stderr.write(`${line}\n`),
  async readStdin() {
    let text = '';
    process.stdin.setEncoding('utf8');
    for await (const part of process.stdin) text += String(part);
    return text;
  },
  stdin: () => addAbortSignal(stop.signal, process.stdin),
  // A getter: most commands never ask, and the stream takes time to make.
  get stdoutIsTty() {
    return process.stdout.isTTY;
  },
  ...(process.stderr.isTTY
    ? {
        progress: (text: string) =>
          void process.stderr.write(`\r${text}\u001b[K`),
      }
    : {}),
  signal: stop.signal,
  clock: {
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    moment: readMoment,
  },
  random: () => Math.random(),
  pause: (ms, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    }),
  user: {
    isRoot: process.getuid?.() === 0,
    uid: process.getuid?.() ?? 0,
    home: homedir(),
    hostname: hostname(),
  },
  onHangup: (reload) => {
    process.on('SIGHUP', reload);
    return () => process.off('SIGHUP', reload);
  },
  pid: process.pid,
  version: readVersion,
  self: {
    command: process.execPath,
    // A single executable starts itself; else the script stands second.
    args: isSingleExecutable()
      ? []
      : [...process.execArgv, process.argv[1] ?? ''],
  },
};

// No top-level await: the single executable is built from CommonJS, which has none.
void runApp(exactArguments(process.argv.slice(2)), shell)
  .catch((error: unknown) => {
    // Not one of ours: a mistake in kicker. 70 is EX_SOFTWARE, so that it never looks like an answer.
    console.error('kicker: INTERNAL:', error);
    return 70;
  })
  .then((exitCode) => {
    // A name server that hangs, or a socket that lingers, must not hold a monitor's worker.
    process.exit(exitCode);
  });

function isSingleExecutable(): boolean {
  const script = process.argv[1];
  return script === undefined || script === process.execPath;
}

async function readVersion(): Promise<string> {
  const { default: manifest } = await import('../package.json', {
    with: { type: 'json' },
  });
  return manifest.version;
}
