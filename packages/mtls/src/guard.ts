import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  problemContentType,
  type FaultFacts,
  type Problem,
} from '@kickd/protocol';
import { explainHandshake } from './handshake-errors.ts';
import type { Material } from './material.ts';
import { judgePeer, peerCertificate, refusedPeer, type Peer } from './peer.ts';
import { judgeTrust } from './trust-check.ts';

/** Where a connection came from; undefined parts where the other end was gone already. */
export interface PeerAddress {
  address: string | undefined;
  port: number | undefined;
}

export interface GuardOptions {
  /** what is in force now; with it a foreign CA is told from a missing CRL */
  material?(): Material;
  /** every finished handshake, known or refused, before anything else happens to the socket */
  onPeer?(socket: TLSSocket, peer: Peer): void;
  /** every handshake that did not finish: plain HTTP, an old version, a hang-up, our own certificate refused */
  onHandshakeError?(facts: FaultFacts, from: PeerAddress): void;
}

export interface Guard {
  /**
   * After a rotation: ends the connections of those whom the new material does not trust any more. Those of
   * the others go on, so that a rotation costs no valid request.
   */
  recheck(): void;
}

/** How long a refused peer may take to send what it came to say, and to read the answer. */
const refusedMaxMs = 1000;
/** A peer that says nothing is answered after this. */
const silentMaxMs = 250;

const peers = new WeakMap<Socket, Peer>();

/** The judgement about a socket of a guarded server; undefined for any other socket. */
export function peerOf(socket: Socket): Peer | undefined {
  return peers.get(socket);
}

/**
 * Puts the gate between TLS and HTTP: the certificate is judged once, and a refused peer gets one
 * canned 403 and an end. The HTTP parser never sees a byte of it, since the listeners of
 * 'secureConnection' that stand at this moment (node:https has one) are called for known peers alone.
 * Call it right after `createServer`.
 * @see docs/decisions/0003-gate-after-handshake.md
 */
export function guardServer(server: Server, options: GuardOptions = {}): Guard {
  /** of TCP connections: what was in force when they began, since that is what their handshake goes by */
  const materials = new WeakMap<Socket, Material>();
  const known = new Set<TLSSocket>();
  const behind = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  const addresses = new WeakMap<Socket, PeerAddress>();
  server.prependListener('connection', (socket: Socket) => {
    addresses.set(socket, addressOf(socket));
    const material = options.material?.();
    if (material !== undefined) materials.set(socket, material);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const now = options.material?.();
    const raw = rawSocketOf(socket);
    const isOld = raw === undefined || materials.get(raw) !== now;
    const judged = judgePeer(socket, 'client', now?.ca);
    const peer =
      now !== undefined && judged.kind === 'known'
        ? judgeAgain(socket, judged, now, isOld)
        : judged;
    peers.set(socket, peer);
    options.onPeer?.(socket, peer);
    if (peer.kind === 'refused') return refuse(socket, peer);
    known.add(socket);
    socket.once('close', () => known.delete(socket));
    for (const listener of behind) listener.call(server, socket);
  });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const raw = rawSocketOf(socket);
    const from = (raw && addresses.get(raw)) ?? addressOf(socket);
    options.onHandshakeError?.(explainHandshake(error), from);
    socket.destroy();
  });
  return {
    recheck() {
      const material = options.material?.();
      if (material === undefined) return;
      const now = new Date();
      for (const socket of known) {
        const cert = peerCertificate(socket);
        if (!cert || judgeTrust(material, cert, now) !== 'trusted')
          socket.destroy();
      }
    },
  };
}

/**
 * By every CRL that counts, not only by the one of each CA that OpenSSL has; and wholly where the handshake began before
 * a rotation, since OpenSSL has judged it by what was in force then.
 */
function judgeAgain(
  socket: TLSSocket,
  peer: Peer,
  material: Material,
  isOld: boolean,
): Peer {
  const cert = peerCertificate(socket);
  const trusted = cert ? judgeTrust(material, cert, new Date()) : 'unknown';
  if (trusted === 'revoked')
    return refusedPeer('PEER_REVOKED', 'the certificate is revoked', cert);
  return trusted === 'unknown' && isOld
    ? refusedPeer(
        'PEER_UNKNOWN_CA',
        'the CA of the certificate has just ceased to count',
        cert,
      )
    : peer;
}

/**
 * Answers once the peer has begun its request (a client that gets an answer before it asked may
 * drop it), then reads and forgets the rest, since closing on unread bytes would reset the
 * connection and lose the answer.
 */
function refuse(
  socket: TLSSocket,
  peer: Extract<Peer, { kind: 'refused' }>,
): void {
  const answer = (): void => {
    clearTimeout(silent);
    socket.off('data', answer);
    socket.resume();
    if (socket.writable) socket.end(forbidden(peer));
  };
  const silent = setTimeout(answer, silentMaxMs);
  const deadline = setTimeout(() => socket.destroy(), refusedMaxMs);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    clearTimeout(silent);
    clearTimeout(deadline);
  });
  socket.on('data', answer);
}

function forbidden(peer: Extract<Peer, { kind: 'refused' }>): string {
  const problem: Problem = {
    type: 'about:blank',
    title: peer.message,
    status: 403,
    code: peer.code,
    remedy: peer.remedy,
  };
  const body = JSON.stringify(problem);
  return [
    'HTTP/1.1 403 Forbidden',
    `Content-Type: ${problemContentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

function addressOf(socket: Socket): PeerAddress {
  return { address: socket.remoteAddress, port: socket.remotePort };
}

/** Node keeps the TCP socket under a TLS socket here, and offers no public way to it. */
function rawSocketOf(socket: TLSSocket): Socket | undefined {
  return (socket as { _parent?: Socket })._parent;
}
