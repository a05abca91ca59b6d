import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Uuid7 } from '@kickd/protocol';
import { execa } from 'execa';
import { reasonOf } from '../errors.ts';
import type {
  Child,
  ChildEnd,
  ChildIdentity,
  Command,
  Launch,
  Launcher,
} from '../ports.ts';
import { findMarked, isThere, readBootId, readStartTicks } from './proc.ts';

/** How often an adopted child is looked for; only its parent is told of its end. */
const adoptedPollMs = 100;
/** A process that forks faster than we kill would be a fork bomb. */
const killRoundsMax = 100;
const mark = 'KICKD_RUN';

/**
 * Starts children as detached process groups, their output in a file of their own: they live on
 * when kickd ends, and a broken pipe never ends them.
 */
export function createChildLauncher(): Launcher {
  const bootId = readBootId();
  return {
    bootId: () => bootId,
    launch: ({ env, ...command }, run, outputFile) =>
      launch(
        { ...command, env: { ...env, [mark]: run } },
        run,
        outputFile,
        bootId,
      ),
    adopt: (identity, run) => adopt(identity, run, bootId),
    find: (run) => {
      const [pid] = findMarked(mark, run);
      const startTicks = pid === undefined ? undefined : readStartTicks(pid);
      return pid === undefined || startTicks === undefined
        ? undefined
        : { pid, startTicks, bootId };
    },
    killSurvivors,
  };
}

/** Its group is gone; what called setsid and forked away still carries the run in its environment. */
async function killSurvivors(run: string): Promise<void> {
  for (let round = 0; round < killRoundsMax; round++) {
    const survivors = findMarked(mark, run);
    if (survivors.length === 0) return;
    for (const pid of survivors) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // ESRCH: it ended by itself
      }
    }
    await sleep(10);
  }
}

async function launch(
  command: Command,
  run: Uuid7,
  outputFile: string,
  bootId: string,
): Promise<Launch> {
  let output: number;
  try {
    output = openSync(outputFile, 'a', 0o600);
  } catch (error) {
    return { kind: 'not-started', reason: reasonOf(error) };
  }
  try {
    const child = execa(command.file, command.argv, {
      // also takes away the groups of root: setgroups(2)
      ...command.confined?.ids,
      cwd: '/',
      env: command.env,
      extendEnv: false,
      detached: true,
      cleanup: false,
      buffer: false,
      reject: false,
      // execa hands on any descriptor as it is; its types name only 3 to 9
      stdio: ['ignore', output as 3, output as 3],
    });
    const { pid } = child;
    if (pid === undefined) {
      const result = await child;
      return {
        kind: 'not-started',
        reason: result.originalMessage ?? 'the program could not be started',
      };
    }
    const ended = child.then((result): ChildEnd => {
      return {
        ...(result.exitCode !== undefined && { exitCode: result.exitCode }),
        ...(result.signal !== undefined && { signal: result.signal }),
      };
    });
    const startTicks = readStartTicks(pid) ?? 'gone';
    const identity = { pid, startTicks, bootId };
    return { kind: 'started', child: toChild(identity, run, ended) };
  } finally {
    closeSync(output);
  }
}

function adopt(
  identity: ChildIdentity,
  run: Uuid7,
  bootId: string,
): Child | undefined {
  if (!isThere(identity, bootId)) return undefined;
  const ended = (async (): Promise<ChildEnd> => {
    while (isThere(identity, bootId)) {
      await sleep(adoptedPollMs, undefined, { ref: false });
    }
    return {};
  })();
  return toChild(identity, run, ended);
}

function toChild(
  identity: ChildIdentity,
  run: Uuid7,
  ended: Promise<ChildEnd>,
): Child {
  return {
    identity,
    mark: run,
    ended,
    signalGroup: (signal) => {
      try {
        process.kill(-identity.pid, signal);
      } catch {
        // ESRCH: the group is gone, which is what the signal was for
      }
    },
  };
}
