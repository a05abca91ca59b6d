import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { Fault } from '@kickd/protocol';
import { guardServer, serverTlsOptions, type Material } from '@kickd/mtls';
import { faults, reasonOf } from '../errors.ts';
import { drillPath, kickPath } from '../acl/served-paths.ts';
import type { AclDecision } from '../acl/authorize.ts';
import { refusals } from '../refusals.ts';
import type { Clock, Narrator, Runner } from '../ports.ts';
import type { AclGate } from './acl-gate.ts';
import { answerBadRequest, answerBare } from './bad-request.ts';
import { readHead } from './door.ts';
import type { Activity } from './leave-when-idle.ts';
import { listenerLimits } from './listener-limits.ts';
import { waitsForRunner } from './patience.ts';
import { refusalOfError } from './refusal-of-error.ts';
import { refuse, rememberFacts } from './request-facts.ts';
import {
  createRequestLines,
  ipOf,
  type RequestLines,
} from './request-lines.ts';
import { addRoutes, type RoutesSettings } from './routes.ts';
import { gateSources, type PerSource, type SourceGate } from './source-gate.ts';

export interface ListenerSettings extends Omit<
  RoutesSettings,
  'closing' | 'lines'
> {
  material: Material;
  minVersion: 'TLSv1.2' | 'TLSv1.3';
  perSource: PerSource;
  narrator: Narrator;
  clock: Clock;
}

/** An address of this host, or a socket that somebody else has bound: systemd. */
export type ListenAt = { address: string; port: number } | { fd: number };

export interface Listener {
  /** @throws Fault LISTEN_IN_USE, LISTEN_FAILED */
  listen(at: ListenAt): Promise<{ address: string; port: number }>;
  /** New connections get the new material; open ones of whom it does not trust any more are ended. */
  rotate(material: Material): void;
  /** connections, whatever is known of them, and requests whose line is not told yet */
  readonly activity: Activity;
  close(): Promise<void>;
}

/** HTTPS as in docs/reference/api.md: head, identity and ACL are judged before a body is read. */
export function createListener(settings: ListenerSettings): Listener {
  const { narrator, minVersion, clock, perSource } = settings;
  let { material } = settings;
  const lines = createRequestLines(narrator, clock);
  const app = fastify({
    https: {
      ...serverTlsOptions(material, { minVersion }),
      handshakeTimeout: listenerLimits.handshakeTimeoutMs,
      headersTimeout: listenerLimits.headersTimeoutMs,
      connectionsCheckingInterval: listenerLimits.checkIntervalMs,
      // Node's own answer has no code, and the audit would not know of it: the door counts them
      requireHostHeader: false,
      maxHeaderSize: listenerLimits.headMaxBytes,
    },
    // fastify writes 0 over Node's own limit when this is not given
    requestTimeout: listenerLimits.requestTimeoutMs,
    connectionTimeout: listenerLimits.idleTimeoutMs,
    keepAliveTimeout: 1,
    maxRequestsPerSocket: 1,
    forceCloseConnections: true,
    // fastify's own 503 has no code and no remedy; a connection that is closed is asked again
    return503OnClosing: false,
    exposeHeadRoutes: false,
    trustProxy: false,
    requestIdHeader: false,
    logger: false,
    clientErrorHandler: (error, socket) => {
      answerBadRequest(error, socket, lines);
    },
    // a target that fastify cannot decode: its hooks are passed over
    frameworkErrors: (_error, { raw }) => {
      answerBare(raw.socket, refusals.urlInvalid(), lines, raw);
    },
  });
  const server: HttpsServer = app.server;
  const sources = gateSources(server, { perSource, clock, narrator });
  const guard = guardServer(server, {
    material: () => material,
    onPeer: (socket, peer) => {
      const ip = ipOf(socket);
      if (peer.kind === 'known') {
        const { certname, serial } = peer;
        narrator.tell({ event: 'handshake-accepted', ip, certname, serial });
        return;
      }
      sources.failed(socket.remoteAddress);
      const { kind: _, ...facts } = peer;
      narrator.tell({ event: 'handshake-refused', ip, ...facts });
    },
    onHandshakeError: ({ code, message }, from) => {
      sources.failed(from.address, from.port);
      const ip = from.address ?? 'unknown';
      narrator.tell({ event: 'handshake-failed', ip, code, message });
    },
  });
  // Node would answer 100 Continue, or 417 without a word: the door refuses and tells instead.
  for (const event of ['checkContinue', 'checkExpectation']) {
    server.on(event, (request, response) => {
      server.emit('request', request, response);
    });
  }
  // Node would close the connection without a word.
  server.on('connect', (request, socket: Socket) => {
    answerBare(socket, refusals.methodUnknown(), lines, request);
  });
  // A second request on one connection is never carried out: Node answers 503 where there is anybody to answer.
  server.on('dropRequest', ({ method }, socket: Socket) => {
    const { code, status } = refusals.requestSecond();
    lines.tellBare(socket, { code, status, method });
  });
  addDoor(app, settings, { sources, lines });
  let open = 0;
  let begun = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    begun += 1;
    socket.once('close', () => (open -= 1));
  });
  const closing = new AbortController();
  addRoutes(app, { ...settings, lines, closing: closing.signal });

  return {
    listen: async (at) => {
      await app.ready();
      return listenAt(server, at);
    },
    rotate: (next) => {
      material = next;
      server.setSecureContext(serverTlsOptions(next, { minVersion }));
      guard.recheck();
    },
    get activity() {
      return { underWay: open + lines.untold, begun };
    },
    close: async () => {
      sources.close();
      closing.abort();
      await closeGently(server, sources, listenerLimits.closeGraceMs);
      await app.close();
    },
  };
}

function addDoor(
  app: FastifyInstance,
  settings: ListenerSettings,
  { sources, lines }: { sources: SourceGate; lines: RequestLines },
): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('connection', 'close');
    const facts = lines.begin(request.raw.socket);
    if (facts === undefined) {
      // The guard lets nobody else through; should it ever, nothing is answered.
      request.raw.socket.destroy();
      return reply;
    }
    rememberFacts(request, facts);
    lines.open(request.raw, facts);
    const asked = readHead(request.raw);
    if (asked.kind === 'refused') return refuse(request, reply, asked.refusal);

    const { method, route } = asked;
    const { certname, ip } = facts;
    const path =
      route.kind === 'make-run' ? kickPath(settings.certname) : asked.path;
    const question = { method, path, certname, ip };
    // A POST may name an environment in its body; every other request is judged for good here.
    facts.decision =
      route.kind === 'make-run'
        ? authorizeKick(settings, question)
        : settings.gate.authorize(question);
    if ('run' in route) facts.run = route.run;
    if (facts.decision.decision === 'deny') {
      waitsForRunner(request.raw.socket);
      const isOwn =
        route.kind === 'show-run' &&
        facts.decision.isExplicit !== true &&
        (await hasMade(settings.runner, certname, route.run));
      if (!isOwn) {
        const refusal = refusals.aclDenied(certname, method, path);
        return refuse(request, reply, refusal);
      }
      const reason = 'whoever made a kick may read the run that serves it';
      facts.decision = { decision: 'allow', reason };
      facts.isOwnRun = true;
    }
    return undefined;
  });

  // after the body: one that never ends proves nothing
  app.addHook('preHandler', async (request) => {
    sources.proven(request.raw.socket);
    waitsForRunner(request.raw.socket);
  });

  // Before the first byte of the answer leaves: whoever has been told something stands in the audit file.
  app.addHook('onSend', async ({ raw }, reply) => {
    lines.tell(raw, reply.statusCode);
  });

  app.setErrorHandler((error: { code?: string }, request, reply) => {
    const refusal = refusalOfError(error.code);
    if (refusal.code === 'INTERNAL') {
      settings.narrator.tell({
        event: 'warning',
        fault: {
          code: 'INTERNAL',
          exitCode: 70,
          message: reasonOf(error),
          remedy: 'please report it, with this line',
        },
      });
    }
    return refuse(request, reply, refusal);
  });
}

/** Nobody knows yet whether it is a drill: whoever may have neither is a stranger, whose body is not read. */
function authorizeKick(
  { gate, drills, certname }: ListenerSettings,
  question: Parameters<AclGate['authorizeUnread']>[0],
): AclDecision {
  const decision = gate.authorizeUnread(question);
  if (decision.decision === 'allow' || drills.size === 0) return decision;
  const drill = gate.authorizeUnread({
    ...question,
    path: drillPath(certname),
  });
  return drill.decision === 'allow' ? drill : decision;
}

async function hasMade(
  runner: Runner,
  certname: string,
  id: string,
): Promise<boolean> {
  const run = await runner.find(id);
  return run?.kicks.some((kick) => kick.by === certname) ?? false;
}

function listenAt(
  server: HttpsServer,
  at: ListenAt,
): Promise<{ address: string; port: number }> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      reject(new Fault(listenFault(error, at), { cause: error }));
    };
    server.once('error', onError);
    server.listen('fd' in at ? at : { host: at.address, port: at.port }, () => {
      server.off('error', onError);
      const bound = server.address();
      // a socket of TCP always has an address and a port
      if (typeof bound === 'object' && bound !== null) resolve(bound);
      else onError(new Error('this is not a socket of TCP'));
    });
  });
}

/** Whoever has been let in is served to the end, for this long; nobody else is let in. */
function closeGently(
  server: HttpsServer,
  sources: SourceGate,
  graceMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => sources.destroyAll(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function listenFault(
  error: unknown,
  at: ListenAt,
): ReturnType<typeof faults.portTaken> {
  if ('fd' in at) return faults.socketUnusable(at.fd, reasonOf(error));
  const { address, port } = at;
  const isTaken =
    error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return isTaken
    ? faults.portTaken(address, port)
    : faults.listenFailed(address, port, reasonOf(error));
}
