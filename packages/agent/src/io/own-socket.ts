import { rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { Fault } from '@kickd/protocol';
import { faults } from '../errors.ts';

/**
 * Makes way for a UNIX socket of ours, where no systemd has bound one: takes away what a runner that was
 * killed has left behind.
 * @throws Fault RUNNER_SOCKET: another runner answers there, or it is no socket
 */
export async function clearSocket(path: string): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new Fault(faults.runnerSocket(path, 'there is a file of that name'));
  }
  if (await isAnswered(path)) {
    throw new Fault(faults.runnerSocket(path, 'another runner answers there'));
  }
  rmSync(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
