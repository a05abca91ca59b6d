import type { Server, Socket } from 'node:net';
import { printable } from '@kickd/protocol';
import { connectionFaults } from '../errors.ts';
import type { Clock, Narrator } from '../ports.ts';
import { keyOf, Sources, type TurnedAway } from '../sources.ts';
import { listenerLimits } from './listener-limits.ts';

export interface PerSource {
  /** connections of one source that may be open at the same time */
  connections: number;
  /** new connections of one source, on average */
  perSecond: number;
}

export interface SourceGate {
  /** A handshake of this source came to nothing; one that was pushed out is not its fault. */
  failed(address: string | undefined, port?: number): void;
  /** The caller at the other end may do what it asks: it is not pushed out any more. */
  proven(socket: Socket): void;
  /** Ends every connection, also one that HTTP does not know: in a handshake, or refused. */
  destroyAll(): void;
  close(): void;
}

/**
 * Stands before TLS: a connection that is one too many of its source is reset before the handshake
 * costs anything. When all slots are taken, the source that holds most of them without having proved
 * anything gives one up, its oldest, so that strangers can never fill them: a handshake takes milliseconds,
 * theirs never end. A newcomer of that very source is turned away itself: were its own elders pushed out
 * instead, none of a thousand honest callers behind one address would ever come to the end of its handshake.
 * Call it right after the server was made, as `guardServer`.
 * @see openssh sshd_config(5), PerSourcePenalties and MaxStartups
 */
export function gateSources(
  server: Server,
  options: { perSource: PerSource; clock: Clock; narrator: Narrator },
): SourceGate {
  const { clock, narrator } = options;
  const sources = new Sources({
    ...listenerLimits.source,
    ...options.perSource,
  });
  const open = new Set<Socket>();
  /** by their other end, longest waiting first */
  const unproven = new Map<string, Waiting>();
  /** other ends whose handshake fails because of us */
  const pushedOut = new Set<string>();

  const behind = server.listeners('connection');
  server.removeAllListeners('connection');
  server.maxConnections = listenerLimits.connectionsHardMax;
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress;
    // gone already
    if (address === undefined) return void socket.destroy();
    const entrance = sources.enter(address, clock.monotonicMs());
    if (entrance.kind === 'turned-away') {
      socket.resetAndDestroy();
      const { why, isFirst } = entrance;
      if (isFirst) tell(narrator, { address, why, count: 1 });
      return;
    }
    const end = endOf(socket);
    if (open.size >= listenerLimits.connectionsMax) {
      const oldest = oldestOfLargest(unproven, keyOf(address));
      if (oldest === undefined) {
        sources.leave(address);
        socket.resetAndDestroy();
        return;
      }
      // its 'close' comes later: the next one that is pushed out is another
      unproven.delete(oldest.end);
      pushedOut.add(oldest.end);
      oldest.socket.resetAndDestroy();
    }
    open.add(socket);
    unproven.set(end, { end, socket, source: keyOf(address) });
    socket.once('close', () => {
      open.delete(socket);
      unproven.delete(end);
      pushedOut.delete(end);
      sources.leave(address);
    });
    for (const listener of behind) listener.call(server, socket);
  });

  const settling = setInterval(() => {
    for (const turnedAway of sources.settle(clock.monotonicMs())) {
      tell(narrator, turnedAway);
    }
  }, listenerLimits.turnedAwayTellMs).unref();

  return {
    failed: (address, port) => {
      if (address === undefined) return;
      if (pushedOut.has(`${address} ${String(port ?? '')}`)) return;
      sources.fail(address, clock.monotonicMs());
    },
    proven: (socket) => {
      unproven.delete(endOf(socket));
    },
    destroyAll: () => {
      for (const socket of open) socket.destroy();
    },
    close: () => {
      clearInterval(settling);
    },
  };
}

interface Waiting {
  end: string;
  socket: Socket;
  source: string;
}

/** @returns the oldest of the source that holds the most; undefined where the newcomer's own does */
function oldestOfLargest(
  unproven: ReadonlyMap<string, Waiting>,
  newcomer: string,
): Waiting | undefined {
  const held = new Map<string, number>();
  for (const { source } of unproven.values()) {
    held.set(source, (held.get(source) ?? 0) + 1);
  }
  const most = Math.max(0, ...held.values());
  if ((held.get(newcomer) ?? 0) >= most) return undefined;
  for (const waiting of unproven.values()) {
    if (held.get(waiting.source) === most) return waiting;
  }
  return undefined;
}

function tell(narrator: Narrator, turnedAway: TurnedAway): void {
  const { address, why, count } = turnedAway;
  const ip = printable(address, 64);
  const { code, message, remedy } = connectionFaults[why]();
  narrator.tell({
    event: 'connection-refused',
    ip,
    code,
    message,
    remedy,
    count,
  });
}

function endOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${String(socket.remotePort ?? '')}`;
}
