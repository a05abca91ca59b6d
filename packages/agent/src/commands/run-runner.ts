import { dirname, join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import {
  inheritedSocket,
  type SocketVariables,
} from '../io/inherited-socket.ts';
import type { Narrator } from '../ports.ts';
import { startRunnerProcess } from '../runner-process.ts';
import { startService, type Service, type Started } from './start-service.ts';

export interface RunnerOptions {
  configFile: string | undefined;
  /** where the socket is, or is to be made */
  socket: string;
  narrator: Narrator;
  environment: SocketVariables;
  pid: number;
  leave: () => void;
}

/** Long enough for kicker's next look at a run, short enough that no root process idles. */
const idleMs = 20 * 1000;

/** `kickd runner`: root, behind a socket of its own; leaves when it has nothing to do. */
export function runRunner(options: RunnerOptions): Promise<Started> {
  const { configFile, socket, narrator, environment, pid, leave } = options;
  const start = (settings: Settings): Promise<Service> => {
    const fd = inheritedSocket(environment, pid);
    return startRunnerProcess(settings, {
      narrator,
      fd,
      path: socket,
      // whoever made its socket by hand would have nobody to start the next one
      ...(fd !== undefined && { onIdle: { afterMs: idleMs, leave } }),
    });
  };
  const rememberIn = join(dirname(socket), 'puppet.json');
  return startService(configFile, start, { rememberIn });
}
