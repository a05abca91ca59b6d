import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  acceptOutcome,
  problemContentType,
  type Problem,
  type Run,
} from '@kickd/protocol';
import type { AclDecision } from '../acl/authorize.ts';
import type { Refusal } from '../refusals.ts';
import { inOlderWords } from '../run/older-words.ts';

/** What is known of a request by the time its audit line is written. */
export interface RequestFacts {
  ip: string;
  certname: string;
  serial: string;
  fingerprint: string;
  startedMs: number;
  decision?: AclDecision;
  code?: string;
  kick?: string;
  run?: string;
  /** let in because a kick of this caller is part of the run, and by no rule */
  isOwnRun?: true;
}

const factsOfRequests = new WeakMap<FastifyRequest, RequestFacts>();

export function rememberFacts(
  request: FastifyRequest,
  facts: RequestFacts,
): void {
  factsOfRequests.set(request, facts);
}

export function factsOf(request: FastifyRequest): RequestFacts | undefined {
  return factsOfRequests.get(request);
}

/** A run in the words that the caller knows. */
export function inWordsOf(request: FastifyRequest, run: Run): Run {
  const known = request.headers[acceptOutcome.header];
  const knows =
    typeof known === 'string' &&
    known.split(',').some((word) => word.trim() === 'not-needed');
  return knows ? run : inOlderWords(run);
}

/** Ends a request with a refusal: the caller gets the code and one line, the audit line the code. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
): FastifyReply {
  const facts = factsOf(request);
  if (facts !== undefined) facts.code = refusal.code;
  return (
    reply
      .code(refusal.status)
      .header('content-type', problemContentType)
      // as bytes: fastify adds a charset to a text, and JSON has none
      .send(Buffer.from(JSON.stringify(problemOf(refusal))))
  );
}

export function problemOf(refusal: Refusal): Problem {
  const { title, status, code, remedy } = refusal;
  return { type: 'about:blank', title, status, code, remedy };
}
