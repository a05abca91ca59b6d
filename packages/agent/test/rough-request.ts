import { connect as connectTcp } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';

/** How a caller treats its connection once it has written all that it will write. */
export type Then = 'wait' | 'end' | 'reset';

/**
 * Writes pieces over TLS and ends as no client library would.
 * @returns everything that came back; never rejects
 */
export function roughRequest(
  port: number,
  tls: ConnectionOptions,
  pieces: readonly (string | Uint8Array)[],
  then: Then,
): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const tcp = connectTcp(port, '127.0.0.1');
    tcp.on('error', () => {});
    const socket = connect({ socket: tcp, ...tls }, () => {
      const last = pieces.length - 1;
      for (const [index, piece] of pieces.entries()) {
        socket.write(piece, () => {
          if (index < last) return;
          if (then === 'reset') tcp.resetAndDestroy();
          if (then === 'end') socket.end();
        });
      }
    });
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
  });
}
