import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  bodyMaxBytes,
  waitMaxSeconds,
  type RunList,
  type Status,
} from '@kickd/protocol';
import { withOwnBecauses } from '../run/own-becauses.ts';
import { refusals } from '../refusals.ts';
import type { Audit, RunnerState } from '../ports.ts';
import { cancelRun, makeRun, type KickRoutesSettings } from './kick-routes.ts';
import { listenerLimits } from './listener-limits.ts';
import { waitsForRunner } from './patience.ts';
import { factsOf, inWordsOf, refuse } from './request-facts.ts';

export interface RoutesSettings extends KickRoutesSettings {
  /** aborts when the listener is about to end: whoever waits for a run is told how it stands */
  closing: AbortSignal;
  /** the parts of a status that are not the runner's */
  statusFacts(): Pick<
    Status,
    'version' | 'uptimeSeconds' | 'expiries' | 'acl' | 'limits'
  >;
  /** Prometheus text */
  renderMetrics(state: RunnerState): string;
}

const recentMax = 50;

/** The replies of kickd. Whoever comes this far has passed the door and the ACL. */
export function addRoutes(
  app: FastifyInstance,
  settings: RoutesSettings,
): void {
  const { runner } = settings;

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: bodyMaxBytes },
    (_request, body, done) => {
      done(null, body);
    },
  );

  app.post('/run', async (request, reply) => makeRun(settings, request, reply));

  app.get('/run/:id', async (request, reply) => {
    const facts = factsOf(request);
    const id = facts?.run ?? '';
    const wait = readWait(request.raw.url ?? '');
    if (wait === undefined) {
      return refuse(request, reply, refusals.queryInvalid());
    }
    const { seconds: waitSeconds } = wait;
    waitsForRunner(request.raw.socket, waitSeconds * 1000);
    const patience = AbortSignal.any([
      AbortSignal.timeout(waitSeconds * 1000),
      hangUp(request),
      settings.closing,
    ]);
    const run =
      wait.until === 'healed'
        ? await runner.waitForHeal(id, patience)
        : await runner.waitForEnd(id, patience);
    if (run === undefined) return refuse(request, reply, refusals.runUnknown());
    const shown =
      facts?.isOwnRun === true ? withOwnBecauses(run, facts.certname) : run;
    return reply.send(inWordsOf(request, shown));
  });

  app.delete('/run/:id', async (request, reply) =>
    cancelRun(settings, request, reply),
  );

  let logReaders = 0;
  app.get('/run/:id/log', async (request, reply) => {
    const { logReadersMax } = listenerLimits;
    if (logReaders >= logReadersMax) {
      return refuse(request, reply, refusals.logsBusy(logReadersMax));
    }
    logReaders += 1;
    request.raw.socket.once('close', () => (logReaders -= 1));
    closeWhenStalled(request, reply);
    const id = factsOf(request)?.run ?? '';
    const log = await runner.readLog(id, hangUp(request));
    if (log === undefined) return refuse(request, reply, refusals.runUnknown());
    // octets: nobody knows what a tool writes, and nothing here shall guess
    return reply
      .header('content-type', 'application/octet-stream')
      .send(Readable.from(log));
  });

  app.get('/metrics', async (_request, reply) =>
    reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .send(settings.renderMetrics(await runner.state())),
  );

  app.get('/runs', async (request, reply) => {
    const recent = await runner.recent(recentMax);
    const runs = recent.map((run) => inWordsOf(request, run));
    return reply.send({ runs } satisfies RunList);
  });

  app.get('/status', async (request, reply) => {
    const state = await runner.state();
    const { profile, launcher, locked, disabled, current, last } = state;
    const { journalFault, frozen, policy } = state;
    const status: Status = {
      ...settings.statusFacts(),
      certname: settings.certname,
      launcher,
      cm: {
        profile,
        locked,
        ...(disabled !== undefined && { disabled }),
        ...(policy !== undefined && { policy }),
      },
      journal: {
        ok: journalFault === undefined,
        ...(journalFault !== undefined && { reason: journalFault }),
      },
      audit: auditState(settings.audit),
      ...(frozen !== undefined && { frozen }),
      ...(current !== undefined && { current }),
      ...(last !== undefined && { last: inWordsOf(request, last) }),
    };
    return reply.send(status);
  });

  app.setNotFoundHandler((request, reply) =>
    refuse(request, reply, refusals.routeUnknown()),
  );
}

function auditState(audit: Audit): NonNullable<Status['audit']> {
  const fault = audit.probe();
  const { seq, hash } = audit.head;
  return {
    ok: fault === undefined,
    ...(fault !== undefined && { reason: fault }),
    head: `${String(seq)}:${hash}`,
  };
}

/** @returns 0 seconds without a query, undefined when the query is anything else */
function readWait(
  url: string,
): { seconds: number; until: 'ended' | 'healed' } | undefined {
  const [, query] = url.split('?');
  if (query === undefined) return { seconds: 0, until: 'ended' };
  const found = /^wait=(\d{1,2})(&until=healed)?$/.exec(query);
  if (found === null || Number(found[1]) > waitMaxSeconds) return undefined;
  return {
    seconds: Number(found[1]),
    until: found[2] === undefined ? 'ended' : 'healed',
  };
}

/** A log is silent as long as its run: only a reader that takes nothing of what is ready is cut off. */
function closeWhenStalled(request: FastifyRequest, reply: FastifyReply): void {
  const { socket } = request.raw;
  const { stalledReaderMs } = listenerLimits;
  socket.setTimeout(stalledReaderMs);
  reply.raw.on('timeout', () => {
    if (socket.writableLength > 0) socket.destroy();
    else socket.setTimeout(stalledReaderMs);
  });
}

function hangUp(request: FastifyRequest): AbortSignal {
  const controller = new AbortController();
  request.raw.socket.once('close', () => {
    controller.abort();
  });
  return controller.signal;
}
