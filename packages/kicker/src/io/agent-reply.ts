import { outcomeLimits, printable } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { AgentReply } from '../ports.ts';
import { nestsDeeper } from './nesting.ts';
import type { HasShape } from './reply-shape.ts';

/** A reply that came whole: headers, and all of the body that they promised. */
export interface WholeReply {
  kind: 'whole';
  status: number;
  retryAfter: string | undefined;
  body: Buffer;
}

/** What is kept of a reply. */
export type Kept<Body> =
  | { kind: 'kept'; body: Body }
  /** it is about something else than was asked, so that it is no answer, whatever it says */
  | { kind: 'other'; asked: string; found: string };

/** A remedy may be a command line with paths in it. */
const remedyMaxChars = 600;
/** A status with a run in it has six levels. */
const depthMost = 16;

/**
 * What a whole reply says. 2xx counts only with a JSON body of the right shape that is about what was asked; all else
 * is a problem.
 * @param keep what is kept of a body of this shape
 */
export async function judgeReply<Body>(
  reply: WholeReply,
  hasShape: HasShape,
  keep: (body: Body) => Kept<Body>,
): Promise<AgentReply<Body>> {
  if (!isSuccess(reply.status)) return judgeProblem(reply);
  const body = parseJson(reply.body);
  if (!(await hasShape(body))) {
    return { kind: 'unknown', fault: errors.replyUnreadable(reply.status) };
  }
  // hasShape has checked the value against the schema of Body.
  const kept = keep(body as Body);
  return kept.kind === 'other'
    ? { kind: 'unknown', fault: errors.replyOther(kept.asked, kept.found) }
    : { kind: 'accepted', status: reply.status, body: kept.body };
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What a reply that is not 2xx says: with the host's own code where it gave one. */
export function judgeProblem(
  reply: WholeReply,
): Extract<AgentReply<never>, { kind: 'problem' }> {
  const body = parseJson(reply.body);
  const code = textOf(body, 'code');
  const known = code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code);
  const retryAfterSeconds = readRetryAfter(reply.retryAfter);
  return {
    kind: 'problem',
    status: reply.status,
    code: known ? code : `HTTP_${reply.status}`,
    title: printable(
      textOf(body, 'title') ?? `HTTP status ${reply.status}`,
      outcomeLimits.lineChars,
    ),
    remedy: printable(
      textOf(body, 'remedy') ??
        'is it kickd that answers there? look: kicker doctor HOST',
      remedyMaxChars,
    ),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** Whole seconds, at most a day; a date, or anything else, says nothing. @see RFC 9110, section 10.2.3 */
function readRetryAfter(given: string | undefined): number | undefined {
  if (given === undefined || !/^\d{1,5}$/.test(given)) return undefined;
  const seconds = Number(given);
  return seconds <= 24 * 60 * 60 ? seconds : undefined;
}

function parseJson(body: Buffer): unknown {
  if (nestsDeeper(body, depthMost)) return undefined;
  try {
    const parsed: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(body),
    );
    return parsed;
  } catch {
    return undefined;
  }
}

function textOf(body: unknown, key: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(body, key)?.value;
  return typeof value === 'string' ? value : undefined;
}
