import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { oneLine } from '@kickd/protocol';
import { reasonOf } from '../errors.ts';
import type {
  Child,
  ChildEnd,
  Command,
  Confinement,
  Launcher,
  Probe,
} from '../ports.ts';
import { findProbeUser } from './probe-user.ts';
import { limitOutput } from './run-log.ts';

/** What a probe said. Only `green` says anything for the service; whatever else it is, the run goes ahead. */
export interface ProbeAnswer {
  kind: 'green' | 'not-green' | 'timed-out' | 'not-started' | 'stopped';
  exitCode?: number;
  /** one printable line: what it said, or why it said nothing */
  text: string;
}

export interface ProbeAsk {
  /** what its processes and its unit are known by; a later kickd that asks the same has the same */
  job: string;
  /** where its output goes while it is asked */
  outputFile: string;
  /** Aborts when nobody wants the answer any more. */
  signal: AbortSignal;
}

/** What is read of the output: the first line is in it. */
const headBytes = 4 * 1024;
const textChars = 160;

/**
 * Asks one probe, as its user, with an empty environment, and leaves nothing of it alive. Never rejects.
 * @see https://www.monitoring-plugins.org/doc/guidelines.html, exit codes and the text before the bar
 */
export async function askProbe(
  probe: Probe,
  launcher: Launcher,
  ask: ProbeAsk,
): Promise<ProbeAnswer> {
  const { file, argv, user, timeoutMs: mostMs } = probe;
  try {
    const found = await findProbeUser(user);
    if (found.kind === 'unknown') {
      return { kind: 'not-started', text: `there is no user ${user}` };
    }
    if (found.kind === 'root') {
      return { kind: 'not-started', text: `the user ${user} is root` };
    }
    const confined = {
      user,
      ...(found.kind === 'user' && { ids: found.ids }),
      mostMs,
    };
    return await start({ file, argv, env: {}, confined }, launcher, ask);
  } catch (error) {
    return { kind: 'not-started', text: reasonOf(error) };
  } finally {
    remove(ask.outputFile);
  }
}

async function start(
  command: Command & { confined: Confinement },
  launcher: Launcher,
  { job, outputFile, signal }: ProbeAsk,
): Promise<ProbeAnswer> {
  remove(outputFile);
  // an earlier kickd may have been killed while it asked
  await launcher.killSurvivors(job);
  const launch = await launcher.launch(command, job, outputFile);
  if (launch.kind === 'not-started') {
    return { kind: 'not-started', text: oneLine(launch.reason, textChars) };
  }
  const { child } = launch;
  const watch = new AbortController();
  limitOutput(outputFile, watch.signal);
  const { mostMs } = command.confined;
  const end = await endWithin(child, mostMs, signal);
  child.signalGroup('SIGKILL');
  await launcher.killSurvivors(job);
  watch.abort();
  const said = firstLine(outputFile);
  if (end === 'stopped') return { kind: 'stopped', text: '' };
  if (end === 'timed-out') {
    const within = `it did not answer within ${String(mostMs / 1000)} s`;
    return { kind: 'timed-out', text: withText(within, said) };
  }
  const { exitCode, signal: by } = end;
  if (exitCode === undefined) {
    const ended = `it was ended by ${by ?? 'something unseen'}`;
    return { kind: 'not-green', text: withText(ended, said) };
  }
  return {
    kind: exitCode === 0 ? 'green' : 'not-green',
    exitCode,
    text: said,
  };
}

async function endWithin(
  child: Child,
  mostMs: number,
  signal: AbortSignal,
): Promise<ChildEnd | 'timed-out' | 'stopped'> {
  const over = new AbortController();
  const limit = setTimeout(() => over.abort('timed-out'), mostMs);
  const stop = (): void => over.abort('stopped');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const aborted = new Promise<'timed-out' | 'stopped'>((resolve) => {
    const tell = (): void =>
      resolve(over.signal.reason === 'stopped' ? 'stopped' : 'timed-out');
    if (over.signal.aborted) tell();
    over.signal.addEventListener('abort', tell, { once: true });
  });
  try {
    return await Promise.race([child.ended, aborted]);
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', stop);
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // it goes with the log of its run
  }
}

/** The text of a plugin is its first line, up to the bar; figures follow behind it. */
function firstLine(file: string): string {
  const head = Buffer.alloc(headBytes);
  let bytes = 0;
  try {
    const fd = openSync(file, 'r');
    try {
      bytes = readSync(fd, head, 0, headBytes, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // it was never there: it said nothing
  }
  const said = head.toString('utf8', 0, bytes);
  const line = /\S.*/.exec(said)?.[0] ?? '';
  const [text = ''] = line.split('|');
  return oneLine(text, textChars);
}

function withText(what: string, said: string): string {
  return said === '' ? what : `${what}: ${said}`;
}
