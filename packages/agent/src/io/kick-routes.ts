import type { FastifyReply, FastifyRequest } from 'fastify';
import { Kick, printableAscii, type Run } from '@kickd/protocol';
import { Value } from 'typebox/value';
import { drillPath, kickPath } from '../acl/served-paths.ts';
import { refusals, type Refusal } from '../refusals.ts';
import type { Audit, Cancellation, Runner, Submission } from '../ports.ts';
import { withOwnBecauses } from '../run/own-becauses.ts';
import type { AclGate } from './acl-gate.ts';
import { refusalOfError } from './refusal-of-error.ts';
import { factsOf, inWordsOf, refuse } from './request-facts.ts';
import type { RequestLines } from './request-lines.ts';
import { parseStrictJson } from './strict-json.ts';

/** What the two requests need that change something. */
export interface KickRoutesSettings {
  certname: string;
  /** the profiles that break services: the rules are asked about each kick of them as a drill */
  drills: ReadonlySet<string>;
  runner: Runner;
  gate: AclGate;
  /** while it cannot be written, nothing is begun and nothing ended */
  audit: Audit;
  lines: RequestLines;
}

const pathOf = { run: kickPath, drill: drillPath } as const;

/** `POST /run`: the body is read, and what was authorised is what the runner gets. */
export async function makeRun(
  settings: KickRoutesSettings,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const facts = factsOf(request);
  if (facts === undefined || !Buffer.isBuffer(request.body)) {
    return refuse(request, reply, refusals.bodyJson());
  }
  const parsed = parseStrictJson(request.body);
  if (parsed.kind === 'refused') return refuse(request, reply, parsed.refusal);
  if (!Value.Check(Kick, parsed.value)) {
    return refuse(
      request,
      reply,
      refusals.bodySchema(firstMistake(parsed.value)),
    );
  }
  // Frozen: what is authorised below is what is executed.
  const kick = Object.freeze(parsed.value);
  facts.kick = kick.kick;
  if (kick.certname !== settings.certname) {
    return refuse(request, reply, refusals.certnameMismatch());
  }
  const as =
    kick.cm !== undefined && settings.drills.has(kick.cm) ? 'drill' : 'run';
  const path = pathOf[as](settings.certname);
  const { certname, ip } = facts;
  facts.decision = settings.gate.authorize(
    { path, method: 'save', certname, ip },
    kick.environment,
  );
  if (facts.decision.decision === 'deny') {
    const refusal = refusals.aclDenied(certname, 'save', path);
    return refuse(request, reply, refusal);
  }
  if (settings.audit.probe() !== undefined) {
    return refuse(request, reply, refusals.auditBroken());
  }
  const answer = answerToSubmission(
    await askRunner(settings, request, () =>
      settings.runner.submit(kick, certname, as),
    ),
  );
  return conclude(settings, request, reply, answer);
}

/** `DELETE /run/ID` */
export async function cancelRun(
  settings: KickRoutesSettings,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const facts = factsOf(request);
  if (facts === undefined || settings.audit.probe() !== undefined) {
    return refuse(request, reply, refusals.auditBroken());
  }
  const { run = '', certname } = facts;
  const answer = answerToCancellation(
    await askRunner(settings, request, () =>
      settings.runner.cancel(run, certname),
    ),
  );
  return conclude(settings, request, reply, answer);
}

/** What a caller is told of something that the runner did, or did not. */
type Answer =
  | { kind: 'run'; status: 200 | 202; run: Run }
  | { kind: 'refused'; refusal: Refusal; retryAfterSeconds?: number };

/** An answer that never came has its line as well: the runner may have done what it was asked. */
async function askRunner<Told>(
  { lines }: KickRoutesSettings,
  request: FastifyRequest,
  ask: () => Promise<Told>,
): Promise<Told> {
  try {
    return await ask();
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error ? String(error.code) : '';
    lines.refuse(request.raw, refusalOfError(code));
    throw error;
  }
}

/** The line is written with the runner's answer, whatever has become of the caller. */
function conclude(
  { lines, gate }: KickRoutesSettings,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
): FastifyReply {
  const facts = factsOf(request);
  if (facts === undefined) throw new Error('a request without facts');
  if (answer.kind === 'refused') {
    const { refusal, retryAfterSeconds } = answer;
    lines.refuse(request.raw, refusal);
    if (retryAfterSeconds !== undefined) {
      void reply.header('retry-after', String(retryAfterSeconds));
    }
    return refuse(request, reply, refusal);
  }
  const { run, status } = answer;
  const { certname, ip } = facts;
  facts.run = run.run;
  lines.tell(request.raw, status);
  const path = `/run/${run.run}`;
  const reading = gate.authorize({ path, method: 'find', certname, ip });
  const shown =
    reading.decision === 'allow' ? run : withOwnBecauses(run, certname);
  if (status === 202) void reply.header('location', path);
  return reply.code(status).send(inWordsOf(request, shown));
}

function answerToSubmission(submission: Submission): Answer {
  const refused = (refusal: Refusal): Answer => ({ kind: 'refused', refusal });
  const later = (
    retryAfterMs: number,
    refusal: (seconds: number) => Refusal,
  ): Answer => {
    const retryAfterSeconds = Math.ceil(retryAfterMs / 1000);
    return {
      kind: 'refused',
      refusal: refusal(retryAfterSeconds),
      retryAfterSeconds,
    };
  };
  switch (submission.kind) {
    case 'accepted':
      return { kind: 'run', status: 202, run: submission.run };
    case 'conflict':
      return refused(refusals.kickConflict());
    case 'unknown-profile':
      return refused(refusals.profileUnknown());
    case 'profile-changed':
      return refused(refusals.profileChanged());
    case 'drill-service':
      return refused(
        submission.service === undefined
          ? refusals.drillWithoutService()
          : refusals.drillUnlisted(),
      );
    case 'drill-for-alert':
      return refused(refusals.drillForAlert());
    case 'drill-busy':
      return refused(refusals.drillBusy());
    case 'queue-full':
      return refused(refusals.queueFull());
    case 'too-soon':
      return later(submission.retryAfterMs, refusals.tooSoon);
    case 'too-many':
      return later(submission.retryAfterMs, refusals.tooMany);
    case 'journal-broken':
      return refused(refusals.journalBroken());
  }
}

function answerToCancellation(cancellation: Cancellation): Answer {
  switch (cancellation.kind) {
    case 'cancelled':
      return { kind: 'run', status: 200, run: cancellation.run };
    case 'has-ended':
      return { kind: 'refused', refusal: refusals.runEnded() };
    case 'unknown':
      return { kind: 'refused', refusal: refusals.runUnknown() };
  }
}

/** Where the first mistake is, in the body's own keys; values stay out of the reply. */
function firstMistake(body: unknown): string {
  const [error] = Value.Errors(Kick, body);
  if (error === undefined) return 'the body';
  const missing = error.keyword === 'required' ? `: ${error.message}` : '';
  const place = error.instancePath === '' ? 'the body' : error.instancePath;
  return printableAscii(`${place}${missing}`, 120);
}
