import { lookup } from 'node:dns/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  clientTlsOptions,
  peerCertnameError,
  type Material,
} from '@kickd/mtls';
import { Fault, printableAscii, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Target } from '../fleet/target.ts';
import { explainConnect } from './connect-error.ts';
import { codeOf } from './error-code.ts';

export type Looked<Facts> =
  { kind: 'seen'; facts: Facts } | { kind: 'fault'; fault: FaultFacts };

/** Every address that the system finds for a target. */
export async function lookUp(target: Target): Promise<Looked<string[]>> {
  try {
    const found = await lookup(target.address, { all: true });
    return { kind: 'seen', facts: found.map(({ address }) => address) };
  } catch (error) {
    return {
      kind: 'fault',
      fault: errors.nameUnknown(target.address, codeOf(error)),
    };
  }
}

/** Whether TCP connects. */
export function reachTcp(
  target: Target,
  withinMs: number,
): Promise<Looked<{ address: string }>> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: target.address, port: target.port });
    const timer = setTimeout(() => end('timeout'), withinMs);
    const end = (error?: Error | 'timeout'): void => {
      clearTimeout(timer);
      const address = socket.remoteAddress ?? target.address;
      socket.destroy();
      resolve(
        error === undefined
          ? { kind: 'seen', facts: { address } }
          : {
              kind: 'fault',
              fault: explainConnect(error, target, false, withinMs).fault,
            },
      );
    };
    socket.once('connect', () => end());
    socket.on('error', end);
  });
}

/** What a host shows in the handshake, and what we find about it. */
export interface Handshake {
  protocol: string;
  subject: string;
  issuer: string;
  validTo: string;
  fingerprint: string;
  /** chain and CRL, as OpenSSL sees it */
  chain: FaultFacts | undefined;
  /** the exact certname */
  name: FaultFacts | undefined;
}

/**
 * Shakes hands only to look: whatever the host shows is accepted, so that it can be named, and nothing
 * is ever sent over this connection.
 */
export function shakeHands(
  target: Target,
  material: Material,
  withinMs: number,
): Promise<Looked<Handshake>> {
  return new Promise((resolve) => {
    const { maxCachedSessions: _, ...options } = clientTlsOptions(material, {
      certname: target.certname,
    });
    const socket = connectTls({
      ...options,
      host: target.address,
      port: target.port,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    const timer = setTimeout(() => end('timeout'), withinMs);
    const end = (error: Error | 'timeout'): void => {
      clearTimeout(timer);
      socket.destroy();
      const { fault } = explainConnect(error, target, true, withinMs);
      resolve({ kind: 'fault', fault });
    };
    socket.on('error', end);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      const shown = socket.getPeerCertificate();
      const { authorizationError } = socket;
      const nameError = peerCertnameError(target.certname, shown);
      const leaf = socket.getPeerX509Certificate();
      resolve({
        kind: 'seen',
        facts: {
          protocol: socket.getProtocol() ?? '?',
          subject: line(leaf?.subject),
          issuer: line(leaf?.issuer),
          validTo: leaf?.validToDate.toISOString() ?? '?',
          fingerprint: leaf?.fingerprint256 ?? '?',
          chain: authorizationError
            ? explainConnect(asError(authorizationError), target, true).fault
            : undefined,
          name: nameError instanceof Fault ? nameError : undefined,
        },
      });
      socket.destroy();
    });
  });
}

/** Node gives OpenSSL's code here, as a text or as an error. */
function asError(found: unknown): Error {
  if (found instanceof Error && codeOf(found) !== '') return found;
  const code = found instanceof Error ? found.message : String(found);
  return Object.assign(new Error(code), { code });
}

function line(name: string | undefined): string {
  return printableAscii((name ?? '?').split('\n').join(', '));
}
