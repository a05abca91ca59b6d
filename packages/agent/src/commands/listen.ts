import { withCredentials } from '../io/credentials.ts';
import {
  inheritedSocket,
  type SocketVariables,
} from '../io/inherited-socket.ts';
import { SocketRunner } from '../io/socket-runner.ts';
import { systemClock } from '../io/system-clock.ts';
import type { Narrator } from '../ports.ts';
import { startListener } from '../start-listener.ts';
import { startService, type Started } from './start-service.ts';

export interface ListenOptions {
  configFile: string | undefined;
  /** the runner's socket */
  runner: string;
  narrator: Narrator;
  environment: SocketVariables & { CREDENTIALS_DIRECTORY?: string | undefined };
  pid: number;
  leave: () => void;
}

/** `kickd listen`: the process that reads the network, and has nothing to give away. */
export function listen(options: ListenOptions): Promise<Started> {
  const { configFile, narrator, environment, pid, leave } = options;
  return startService(
    configFile,
    async (settings) => {
      const fd = inheritedSocket(environment, pid);
      const runner = new SocketRunner(options.runner);
      const listener = await startListener(
        {
          ...settings,
          tls: withCredentials(settings.tls, environment.CREDENTIALS_DIRECTORY),
        },
        {
          narrator,
          clock: systemClock,
          openRunner: () => runner,
          at: fd === undefined ? settings.listen : { fd },
          // without systemd's socket nobody would start the next one
          ...(fd !== undefined &&
            settings.listen.idleExitMs > 0 && {
              onIdle: { afterMs: settings.listen.idleExitMs, leave },
            }),
        },
      );
      return { close: () => listener.close() };
    },
    'never',
  );
}
