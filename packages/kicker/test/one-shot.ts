import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { isAlive } from '../src/io/process-identity.ts';
import type { createParties } from './fake-kickd.ts';
import {
  argumentsOf,
  createMonitorHost,
  until,
  type MonitorHost,
} from './monitor-host.ts';
import { runKicker, startKicker, type Ended } from './run-kicker.ts';

/** A monitoring host where nobody serves: a kicker for each event, and followers that outlive it. */
interface OneShotHost extends MonitorHost {
  fire(part?: Record<string, string>): Promise<Ended>;
  start(part?: Record<string, string>): ReturnType<typeof startKicker>;
  /** the next line that Nagios was given */
  nextCommand(): Promise<string>;
}

export function createOneShotHost(
  t: Test,
  root: string,
  options: {
    kicker: ReturnType<typeof createParties>['kicker'];
    port: number;
    more?: object;
  },
): OneShotHost {
  const host = createMonitorHost(t, root, options);
  t.teardown(() => {
    for (const { owner } of host.ledger.listOpen(10)) {
      if (isAlive(owner)) process.kill(Number(owner.split('/')[1]));
    }
  });
  const args = (part: Record<string, string> = {}): string[] => [
    'event',
    'nagios',
    `--config=${host.config}`,
    ...argumentsOf({ 'last-ok': '1772323200', ...part }),
  ];
  let read = 0;
  return {
    ...host,
    fire: (part) => runKicker(args(part)),
    start: (part) => startKicker(args(part)),
    nextCommand: async () => {
      await until(() => host.commands().length > read);
      read += 1;
      return host.commands()[read - 1] ?? '';
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
