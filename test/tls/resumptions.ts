import { once } from 'node:events';
import { connect } from 'node:tls';
import { host } from '../crash/site.ts';
import type { Stage } from './stage.ts';

export interface Resumptions {
  attempts: number;
  /** sessions that kickd has offered, and that were shown again */
  shown: number;
  reused: number;
}

const atOnce = 8;

/** Comes again and again with the session of the time before, as far as there is one. */
export async function playResumptions(
  { site, port }: Stage,
  attempts: number,
  version: 'TLSv1.2' | 'TLSv1.3',
): Promise<Resumptions> {
  const told = { attempts: 0, shown: 0, reused: 0 };
  const come = async (
    session: Buffer | undefined,
  ): Promise<Buffer | undefined> => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...site.tls,
      minVersion: version,
      maxVersion: version,
      ...(session !== undefined && { session }),
    });
    let given: Buffer | undefined;
    socket.on('session', (ticket) => (given = ticket));
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'secureConnect');
    if (socket.isSessionReused()) told.reused += 1;
    given ??= socket.getSession();
    socket.end(`GET /runs HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await once(socket, 'close');
    return given;
  };
  const comeAgain = async (): Promise<void> => {
    let session = await come(undefined);
    while (told.attempts < attempts) {
      told.attempts += 1;
      if (session !== undefined) told.shown += 1;
      session = await come(session);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, comeAgain));
  return told;
}
