import { execa } from 'execa';
import { oneLine } from '@kickd/protocol';
import { reasonOf } from '../errors.ts';
import { toolVersions, versionIn, type ToolType } from '../cm/tool-versions.ts';

/** What a tool answered that was asked for its version. */
export type ToolAnswer =
  | { kind: 'version'; version: string }
  /** it is there and cannot be used, or says nothing that is a version: one line for a person */
  | { kind: 'unusable'; reason: string };

/** A Ruby or a Python on a busy host takes seconds to load. */
const timeoutMs = 20 * 1000;
const answerMaxBytes = 64 * 1024;

/**
 * Asks a tool for its version: no shell, nothing of kickd's own environment, nothing from standard input. A tool
 * that hangs is ended with all that it started.
 * @param limitMs how long it may take
 */
export async function askToolVersion(
  binary: string,
  type: ToolType,
  env: Readonly<Record<string, string>>,
  limitMs = timeoutMs,
): Promise<ToolAnswer> {
  const asked = toolVersions[type];
  const child = execa(binary, asked.args, {
    env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    all: true,
    stripFinalNewline: false,
    maxBuffer: answerMaxBytes,
    // a group of its own, so that what it started is ended with it
    detached: true,
    cleanup: false,
  });
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    const ended = await Promise.race([child, aborted(limit.signal)]);
    if (ended === undefined) {
      const seconds = String(Math.round(limitMs / 1000));
      return unusable(`it did not answer within ${seconds} s`);
    }
    const said = ended.all ?? '';
    const version = versionIn(said, asked);
    if (version !== undefined) return { kind: 'version', version };
    const how = howItEnded(ended);
    const line = oneLine(/\S.*/.exec(said)?.[0] ?? '', 160);
    return unusable(line === '' ? how : `${how}: ${line}`);
  } catch (error) {
    return unusable(reasonOf(error));
  } finally {
    clearTimeout(timer);
    endGroup(child.pid);
    // a grandchild that left the group may hold the pipe
    child.all?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function howItEnded(ended: {
  exitCode?: number | undefined;
  signal?: string | undefined;
  code?: string | undefined;
}): string {
  const { exitCode, signal, code } = ended;
  if (exitCode === 126 || exitCode === 127) {
    return `it could not be started, it ended with ${String(exitCode)}`;
  }
  if (exitCode !== undefined) {
    return `it told no version, it ended with ${String(exitCode)}`;
  }
  if (signal !== undefined) return `${signal} ended it`;
  return code === 'ENOENT'
    ? 'it could not be started: the interpreter that its first line names is not there'
    : `it could not be started: ${code ?? 'nobody knows why'}`;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended, and so has whatever it started
  }
}

function unusable(reason: string): ToolAnswer {
  return { kind: 'unusable', reason };
}
