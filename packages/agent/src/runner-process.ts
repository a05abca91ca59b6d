import { dirname, join } from 'node:path';
import type { Settings } from './config/settings.ts';
import { clearSocket } from './io/own-socket.ts';
import { readRunCounts, writeRunCounts } from './io/run-counts-file.ts';
import { leaveWhenIdle, type OnIdle } from './io/leave-when-idle.ts';
import { limitKicks } from './io/limited-runner.ts';
import { standbyDirBeside } from './io/runner-places.ts';
import { createRunnerServer } from './io/runner-server.ts';
import { systemClock } from './io/system-clock.ts';
import type { Narrator } from './ports.ts';
import { startRunner } from './start-runner.ts';

export interface RunnerProcess {
  readonly runningId: string | undefined;
  close(): Promise<void>;
}

export interface RunnerProcessOptions {
  narrator: Narrator;
  /** what systemd has bound; undefined: bind `path` */
  fd: number | undefined;
  path: string;
  /** Called once nothing was asked and nothing ran for this long, where systemd starts the next one. */
  onIdle?: OnIdle;
}

/**
 * The runner in a process of its own, behind its socket.
 * @throws Fault RUNNER_SOCKET, JOURNAL_UNUSABLE
 */
export async function startRunnerProcess(
  settings: Settings,
  { narrator, fd, path, onIdle }: RunnerProcessOptions,
): Promise<RunnerProcess> {
  const clock = systemClock;
  const countsFile = join(dirname(path), 'counts.json');
  if (fd === undefined) await clearSocket(path);
  const runner = startRunner(settings, {
    narrator,
    clock,
    before: readRunCounts(countsFile),
    onCounts: (counts) => writeRunCounts(countsFile, counts),
    standbyDir: standbyDirBeside(path),
  });
  const server = createRunnerServer({
    runner: limitKicks(runner, {
      perMinute: settings.run.kicksPerMinute,
      clock,
    }),
    certname: settings.certname,
    narrator,
  });
  try {
    await server.listen(fd === undefined ? { path } : { fd });
  } catch (error) {
    await runner.close();
    throw error;
  }
  narrator.tell({ event: 'runner-ready', cm: settings.cm.default });
  const stopLooking = leaveWhenIdle(
    onIdle,
    'runner-leaves',
    () => {
      const { underWay, begun } = server.activity;
      return { underWay: underWay + (runner.isIdle ? 0 : 1), begun };
    },
    { clock, narrator },
  );
  return {
    get runningId() {
      return runner.runningId;
    },
    close: async () => {
      stopLooking();
      await server.close();
      await runner.close();
    },
  };
}
