import { opendirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import {
  guardServer,
  peerOf,
  serverTlsOptions,
  type Material,
} from '@kickd/mtls';
import {
  Fault,
  printable,
  problemContentType,
  type FaultFacts,
  type Problem,
} from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Log, Monitor } from '../ports.ts';
import { payloadMarks } from '../spool/payload-marks.ts';
import { maySpeakFor, type Proof, type Sender } from '../receive/senders.ts';
import { codeOf } from './error-code.ts';
import { nestsDeeper } from './nesting.ts';
import { putSpooled } from './put-spooled.ts';
import { readSecretFile } from './secret-file.ts';

/** Whom the receiver asks who they are. */
export type Door =
  /** everybody shows a certificate; `material` is what is in force now */
  | { kind: 'certificate'; material: () => Material }
  /** a token over TLS: only the receiver shows a certificate */
  | { kind: 'token'; tls: { cert: string; key: string } }
  /** a token without TLS: on loopback alone */
  | { kind: 'plain' };

export interface ReceiverWorld {
  door: Door;
  senders: readonly Sender[];
  monitors: ReadonlyMap<string, Monitor>;
  /** where messages are put */
  directory: string;
  now: () => Date;
  log: Log;
}

export interface Receiver {
  /** @throws {Fault} RECEIVE_FAILED */
  listen(address: string, port: number): Promise<number>;
  /** New connections get the new material. */
  rotate(material: Material): void;
  close(): Promise<void>;
}

/** A group of 1,000 alerts. */
const bodyMaxBytes = 900 * 1024;
const depthMost = 32;
/** More than this in the spool and nobody takes it out: whoever sends is to keep it. */
const spooledMost = 10_000;
const limits = {
  headersTimeoutMs: 3000,
  requestTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  headMaxBytes: 16 * 1024,
  connectionsMost: 256,
};
/** What a mapping may look at: the attributes of a CloudEvent, and no credential. */
const keptHeader = /^(?:content-type|ce-[a-z0-9]{1,20})$/;

/**
 * Takes what monitors send, `POST /v1/MONITOR`, and puts it into the spool: on disk before anybody is answered. It decides
 * nothing and writes nothing else.
 */
export function createReceiver(world: ReceiverWorld): Receiver {
  const { door, log } = world;
  const app = openApp(door);
  const { server } = app;
  server.maxConnections = limits.connectionsMost;
  const guard =
    door.kind === 'certificate'
      ? guardServer(server as HttpsServer, {
          material: door.material,
          onPeer: (socket, peer) => {
            if (peer.kind === 'known') return;
            const { code, message } = peer;
            const ip = socket.remoteAddress;
            log('sender-refused', { ip, code, message });
          },
          onHandshakeError: ({ code, message }, { address: ip }) =>
            log('sender-refused', { ip, code, message }),
        })
      : undefined;
  addRoutes(app, world);
  return {
    listen: async (address, port) => {
      try {
        await app.listen({ host: address, port });
      } catch (error) {
        const fault = errors.receiveFailed(address, port, codeOf(error));
        throw new Fault(fault, { cause: error });
      }
      const bound = server.address();
      return typeof bound === 'object' && bound !== null ? bound.port : port;
    },
    rotate: (material) => {
      (server as HttpsServer).setSecureContext(serverTlsOptions(material));
      guard?.recheck();
    },
    close: () => app.close(),
  };
}

function openApp(door: Door): FastifyInstance<Server | HttpsServer> {
  const common = {
    bodyLimit: bodyMaxBytes,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: 1,
    maxRequestsPerSocket: 1,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    trustProxy: false,
    requestIdHeader: false as const,
    logger: false as const,
  };
  const options = {
    headersTimeout: limits.headersTimeoutMs,
    maxHeaderSize: limits.headMaxBytes,
    connectionsCheckingInterval: 1000,
  };
  switch (door.kind) {
    case 'certificate':
      return fastify({
        ...common,
        https: { ...serverTlsOptions(door.material()), ...options },
      });
    case 'token':
      return fastify({
        ...common,
        https: { ...door.tls, minVersion: 'TLSv1.2', ...options },
      });
    case 'plain':
      return fastify({ ...common, http: options });
  }
}

function addRoutes(
  app: FastifyInstance<Server | HttpsServer>,
  { senders, monitors, directory, now, log }: ReceiverWorld,
): void {
  // The body is bytes until it is known who sent it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:json|cloudevents(?:-batch)?\+json)\s*(?:;|$)/i,
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  const isFull = createFullness(directory, now);
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('connection', 'close');
    const monitor = monitorOf(request.url);
    const proof = proofOf(request.raw.socket, request.headers.authorization);
    if (
      monitor === undefined ||
      !monitors.has(monitor) ||
      !maySpeakFor(monitor, proof, senders, readSecretFile)
    ) {
      const fault = errors.senderUnknown(proof.certname);
      const { ip } = request;
      log('sender-refused', { ip, code: fault.code, path: request.url });
      return refuse(reply, 403, fault);
    }
    if (request.method !== 'POST') {
      return refuse(reply, 405, errors.receiveMethod(request.method));
    }
    if (isFull()) {
      void reply.header('retry-after', '10');
      return refuse(reply, 503, errors.spoolFull(directory, spooledMost));
    }
    return undefined;
  });
  app.post<{ Params: { monitor: string } }>(
    '/v1/:monitor',
    (request, reply) => {
      const { monitor: name } = request.params;
      const monitor = monitors.get(name);
      if (monitor === undefined || !Buffer.isBuffer(request.body)) {
        return refuse(reply, 400, errors.receiveBody('it is missing'));
      }
      const text = textOf(request.body);
      if (text.kind === 'none') {
        return refuse(reply, 400, errors.receiveBody(text.why));
      }
      const headers = Object.entries(request.headers).flatMap(
        ([header, value]) =>
          keptHeader.test(header) && typeof value === 'string'
            ? [`${header}: ${value}`]
            : [],
      );
      const args = [payloadMarks.json, text.text, ...headers];
      const parts = monitor.read({
        name: 'received',
        monitor: name,
        args,
        at: now(),
      });
      // A heartbeat, a test: it has arrived, and there is nothing to keep.
      const isNews = parts.some(({ kind }) => kind !== 'ignored');
      try {
        if (isNews) putSpooled(directory, name, args);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        log('trouble', { what: 'receive', code: error.code });
        void reply.header('retry-after', '10');
        return refuse(reply, 503, error);
      }
      const count = (kind: string): number =>
        parts.filter((part) => part.kind === kind).length;
      const counts = {
        events: count('event'),
        ignored: count('ignored'),
        refused: count('refused'),
      };
      log('received', { monitor: name, ...counts });
      return reply.code(202).send({
        ...counts,
        reasons: parts.flatMap((part) =>
          part.kind === 'event'
            ? []
            : [
                {
                  ...(part.at === undefined ? {} : { at: part.at }),
                  why: printable(
                    part.kind === 'ignored'
                      ? part.why
                      : (part.faults[0]?.message ?? ''),
                    300,
                  ),
                },
              ],
        ),
      });
    },
  );
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, 404, errors.receivePath()),
  );
  app.setErrorHandler((error: Error & { code?: string }, _request, reply) => {
    switch (error.code) {
      case 'FST_ERR_CTP_BODY_TOO_LARGE':
        return refuse(reply, 413, errors.receiveTooLarge(bodyMaxBytes));
      case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
        return refuse(reply, 415, errors.receiveType());
      case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      case 'FST_ERR_CTP_EMPTY_JSON_BODY':
        return refuse(reply, 400, errors.receiveBody('it is not whole'));
      default:
        log('trouble', {
          what: 'receive',
          code: error.code ?? 'INTERNAL',
          message: printable(error.message, 300),
        });
        // Whoever sends keeps it, and sends it again.
        return refuse(reply, 503, errors.receiveInternal());
    }
  });
}

function monitorOf(url: string): string | undefined {
  const found = /^\/v1\/([A-Za-z0-9_.-]{1,100})$/.exec(url);
  return found?.[1];
}

function proofOf(socket: Socket, authorization: string | undefined): Proof {
  const peer = peerOf(socket);
  const token = /^Bearer ([\u0021-\u007e]{1,4096})$/i.exec(
    authorization ?? '',
  )?.[1];
  return {
    ...(peer?.kind === 'known' ? { certname: peer.certname } : {}),
    ...(token === undefined ? {} : { token }),
  };
}

type Text = { kind: 'text'; text: string } | { kind: 'none'; why: string };

function textOf(body: Buffer): Text {
  if (nestsDeeper(body, depthMost)) {
    return { kind: 'none', why: `it nests deeper than ${String(depthMost)}` };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    JSON.parse(text);
    return { kind: 'text', text };
  } catch {
    return { kind: 'none', why: 'it is no JSON in UTF-8' };
  }
}

/** Whether too much waits in the spool; looked at once a second at most. */
function createFullness(directory: string, now: () => Date): () => boolean {
  let askedMs = 0;
  let isFull = false;
  return () => {
    const nowMs = now().getTime();
    if (Math.abs(nowMs - askedMs) < 1000) return isFull;
    askedMs = nowMs;
    try {
      const listing = opendirSync(join(directory, 'new'), { bufferSize: 256 });
      try {
        let count = 0;
        while (count <= spooledMost && listing.readSync() !== null) count += 1;
        isFull = count > spooledMost;
      } finally {
        listing.closeSync();
      }
    } catch {
      // Putting the message there says what is wrong with it.
      isFull = false;
    }
    return isFull;
  };
}

function refuse(
  reply: FastifyReply,
  status: number,
  { code, message, remedy }: Pick<FaultFacts, 'code' | 'message' | 'remedy'>,
): FastifyReply {
  const problem: Problem = {
    type: 'about:blank',
    title: message,
    status,
    code,
    remedy,
  };
  return reply
    .code(status)
    .header('content-type', problemContentType)
    .send(Buffer.from(JSON.stringify(problem)));
}
