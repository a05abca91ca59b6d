import {
  Fault,
  type Kick,
  type Run,
  type RunList,
  type Status,
} from '@kickd/protocol';
import type { Material } from '@kickd/mtls';
import type { Target } from '../fleet/target.ts';
import type { AgentClient, AgentReply, Wait } from '../ports.ts';
import { exchange } from './agent-exchange.ts';
import { followLog } from './agent-log.ts';
import { judgeReply, type Kept } from './agent-reply.ts';
import { cutRun, cutRunList, cutStatus } from './cut-reply.ts';
import { prepareShape, type ReplyShape } from './reply-shape.ts';

const mebibyte = 1024 * 1024;

/**
 * The longest replies. A run serves a thousand kicks of some 200 bytes, with 64 KiB of reasons; a status holds two runs.
 */
const maxBytes: Readonly<Record<ReplyShape, number>> = {
  'new-run': mebibyte,
  run: mebibyte,
  status: mebibyte,
  'run-list': 4 * mebibyte,
};

/**
 * The client of kickd: one request a connection, no session kept, and a success only where the whole reply came, was
 * JSON, had the right shape and is about what was asked.
 * @param material own key and certificate, CAs and CRLs, asked for before each request: a follower lives
 *   longer than a renewal. A Fault from it means "not sent".
 * @param timeouts `connectMs` for name, TCP and TLS, `requestMs` from then to the end of the reply
 */
export function createAgentClient(
  material: () => Material,
  timeouts: { connectMs: number; requestMs: number },
): AgentClient {
  function ownMaterial(): Material | Fault {
    try {
      return material();
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  }
  async function ask<Body>(
    target: Target,
    what: { method: 'GET' | 'POST'; path: string; body?: string },
    shape: ReplyShape,
    keep: (body: Body) => Kept<Body>,
    signal: AbortSignal,
    holdMs = 0,
  ): Promise<AgentReply<Body>> {
    const own = ownMaterial();
    if (own instanceof Fault) return { kind: 'not-sent', fault: own };
    const hasShape = prepareShape(shape);
    const reply = await exchange(
      target,
      own,
      {
        ...what,
        connectMs: timeouts.connectMs,
        replyMs: Math.ceil(timeouts.requestMs + holdMs),
        maxBytes: maxBytes[shape],
      },
      signal,
    );
    return reply.kind === 'whole' ? judgeReply(reply, hasShape, keep) : reply;
  }
  return {
    submit: (target, kick, signal) =>
      ask(
        target,
        { method: 'POST', path: '/run', body: JSON.stringify(kick) },
        'new-run',
        (run) => keepNewRun(run, kick),
        signal,
      ),
    follow: (target, run, wait, signal) =>
      ask(
        target,
        {
          method: 'GET',
          path: `/run/${encodeURIComponent(run)}${queryOf(wait)}`,
        },
        'run',
        (body) => keepRun(body, run, target),
        signal,
        wait.seconds * 1000,
      ),
    followLog: async (target, run, onChunk, signal) => {
      const own = ownMaterial();
      if (own instanceof Fault) return own;
      const { connectMs } = timeouts;
      return followLog(target, run, onChunk, own, { connectMs, signal });
    },
    getRuns: (target, signal) =>
      ask<RunList>(
        target,
        { method: 'GET', path: '/runs' },
        'run-list',
        (list) => ({ kind: 'kept', body: cutRunList(list, target.certname) }),
        signal,
      ),
    getStatus: (target, signal) =>
      ask(
        target,
        { method: 'GET', path: '/status' },
        'status',
        (status) => keepStatus(status, target),
        signal,
      ),
  };
}

/** The reply to a kick is a run of its host which serves it. A host that tells no kick at all is believed. */
function keepNewRun(run: Run, { kick, certname }: Kick): Kept<Run> {
  const isOwn = (served: { kick: string }): boolean => served.kick === kick;
  if (run.certname !== certname) {
    return {
      kind: 'other',
      host: certname,
      asked: certname,
      found: run.certname,
    };
  }
  if (run.kicks.length > 0 && !run.kicks.some(isOwn)) {
    const found = `run ${run.run}, which does not serve it`;
    return { kind: 'other', host: certname, asked: `kick ${kick}`, found };
  }
  return { kind: 'kept', body: cutRun(run, isOwn) };
}

/** Of a run that is followed nobody asks again which kicks it serves. */
function keepRun(body: Run, run: string, { certname }: Target): Kept<Run> {
  if (body.run !== run || body.certname !== certname) {
    return {
      kind: 'other',
      host: certname,
      asked: `run ${run} of ${certname}`,
      found: `run ${body.run} of ${body.certname}`,
    };
  }
  return { kind: 'kept', body: cutRun(body, () => false) };
}

function keepStatus(status: Status, { certname }: Target): Kept<Status> {
  return status.certname === certname
    ? { kind: 'kept', body: cutStatus(status) }
    : {
        kind: 'other',
        host: certname,
        asked: certname,
        found: status.certname,
      };
}

function queryOf({ seconds, until }: Wait): string {
  if (seconds <= 0) return '';
  return `?wait=${String(seconds)}${until === 'healed' ? '&until=healed' : ''}`;
}
