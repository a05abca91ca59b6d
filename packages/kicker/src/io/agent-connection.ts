import type { TcpNetConnectOpts } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { clientTlsOptions, type Material } from '@kickd/mtls';
import type { FaultFacts } from '@kickd/protocol';
import type { Target } from '../fleet/target.ts';
import { explainConnect } from './connect-error.ts';

export type Connection =
  { kind: 'connected'; socket: TLSSocket } | NotConnected;

export type NotConnected =
  /** nothing was sent */
  | { kind: 'not-sent'; fault: FaultFacts }
  /** the host's certificate, or ours, was refused; nothing was sent */
  | { kind: 'refused-tls'; fault: FaultFacts };

/**
 * Opens one TLS connection to a target, always with the complete option set: exact certname, CRL,
 * no session to resume. Resolves when the host has shown its certificate; under TLS 1.3 the host has
 * not judged ours by then, only its reply proves that.
 * @param connectMs for name, TCP and TLS together
 * @param signal aborts when they are over
 */
export function connectTo(
  target: Target,
  material: Material,
  connectMs: number,
  signal: AbortSignal,
): Promise<Connection> {
  return new Promise((resolve) => {
    const { address, port, certname } = target;
    // The cache belongs to an agent; tls.connect keeps none by itself.
    const { maxCachedSessions: _, ...options } = clientTlsOptions(material, {
      certname,
    });
    let hasTcp = false;
    const whole: ConnectionOptions & TcpNetConnectOpts = {
      ...options,
      host: address,
      port,
      autoSelectFamily: true,
      // Node's 250 ms an address gives up on a busy host that would have answered.
      autoSelectFamilyAttemptTimeout: Math.max(
        250,
        Math.min(2000, Math.floor(connectMs / 2)),
      ),
    };
    const socket = connect(whole);
    const end = (connection: Connection): void => {
      signal.removeEventListener('abort', giveUp);
      socket.off('error', fail);
      // A later error belongs to whoever uses the socket; without a listener it would end the process.
      socket.on('error', () => {});
      if (connection.kind !== 'connected') socket.destroy();
      resolve(connection);
    };
    const fail = (error: Error): void => {
      end(explainConnect(error, target, hasTcp));
    };
    const giveUp = (): void => {
      end(explainConnect('timeout', target, hasTcp, connectMs));
    };
    signal.addEventListener('abort', giveUp);
    socket.on('error', fail);
    socket.once('connect', () => {
      hasTcp = true;
      socket.setNoDelay(true);
    });
    socket.once('secureConnect', () => end({ kind: 'connected', socket }));
    if (signal.aborted) giveUp();
  });
}
