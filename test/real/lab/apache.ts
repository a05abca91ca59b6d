/**
 * Debian's apache2 on 127.0.0.11:80, started by its init script: the same that Puppet's `debian`
 * service provider calls where systemd is not process 1.
 *
 * `crash()` kills it with -9, so that its pid file stays behind, as after a real crash.
 */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { webHost } from './places.ts';
import { mustRun } from './command.ts';
import { childrenOf, sendSignal, startTimeOf } from './processes.ts';
import { waitFor } from './wait.ts';

export interface Apache {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** resolves when the last of its processes is gone */
  crash(): Promise<void>;
  /** whether port 80 takes a connection */
  isUp(): Promise<boolean>;
  waitUp(options: { timeoutMs: number; signal?: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

const pidFile = '/run/apache2/apache2.pid';
const init = '/etc/init.d/apache2';

/** Binds Apache to the managed host's loopback address and starts it. */
export async function startApache(): Promise<Apache> {
  const ports = '/etc/apache2/ports.conf';
  writeFileSync(
    ports,
    readFileSync(ports, 'utf8').replace(
      /^Listen 80$/m,
      `Listen ${webHost.address}:80`,
    ),
  );
  writeFileSync(
    '/etc/apache2/conf-available/kickd-lab.conf',
    `ServerName ${webHost.name}\n`,
  );
  symlinkSync(
    '../conf-available/kickd-lab.conf',
    '/etc/apache2/conf-enabled/kickd-lab.conf',
  );
  const waitUp: Apache['waitUp'] = async (options) => {
    await waitFor(
      'apache to answer',
      async () => (await takesConnection()) || undefined,
      options,
    );
  };
  const apache: Apache = {
    start: async () => {
      await mustRun(init, ['start']);
      await waitUp({ timeoutMs: 10_000 });
    },
    stop: async () => {
      await mustRun(init, ['stop']);
    },
    crash: killApache,
    isUp: takesConnection,
    waitUp,
    // Puppet may have started this one, so no handle of ours knows it: the pid file does.
    close: killApache,
  };
  await apache.start();
  return apache;
}

/**
 * Kills the server of the pid file and its workers, by pid. The server is stopped first, so that
 * it forks no worker that the list does not hold.
 */
export async function killApache(): Promise<void> {
  const master = Number(readPid());
  if (!Number.isInteger(master) || !isApache(master)) return;
  sendSignal(master, 'SIGSTOP');
  const all = [master, ...childrenOf(master)];
  for (const pid of all) sendSignal(pid, 'SIGKILL');
  await waitFor(
    'apache to be gone',
    () => all.every((pid) => startTimeOf(pid) === '') || undefined,
    {
      timeoutMs: 10_000,
      // Apache's own init script takes a zombie for a running server, and so does Puppet.
      explain: () =>
        'if they are zombies, process 1 does not reap; in a container type: docker run --init',
    },
  );
}

function readPid(): string {
  try {
    return readFileSync(pidFile, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The pid file outlives a crash, and its number may belong to another program by then. */
function isApache(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'apache2';
  } catch {
    return false;
  }
}

function takesConnection(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: webHost.address, port: 80 });
    const answer = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.setTimeout(2000, () => answer(false));
  });
}
