import { dirname, join } from 'node:path';

/** Where the two halves meet, and where kickd-runner.socket binds it. */
export const runnerSocket = '/run/kickd/runner.sock';

/** Of root's alone: where a runner with a socket finds its standbys again. */
export function standbyDirBeside(socket: string): string {
  return join(dirname(socket), 'standby');
}

/** The same where both halves are one process. */
export function standbyDirIn(state: string): string {
  return join(state, 'standby');
}
