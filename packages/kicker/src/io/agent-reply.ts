import { printable } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { AgentReply } from '../ports.ts';
import type { HasShape } from './reply-shape.ts';

/** A reply that came whole: headers, and all of the body that they promised. */
export interface WholeReply {
  kind: 'whole';
  status: number;
  retryAfter: string | undefined;
  body: Buffer;
}

/** What a whole reply says. 2xx counts only with a JSON body of the right shape; all else is a problem. */
export async function judgeReply<Body>(
  reply: WholeReply,
  hasShape: HasShape,
): Promise<AgentReply<Body>> {
  if (!isSuccess(reply.status)) return judgeProblem(reply);
  const body = parseJson(reply.body);
  if (!(await hasShape(body))) {
    return { kind: 'unknown', fault: errors.replyUnreadable(reply.status) };
  }
  // hasShape has checked the value against the schema of Body.
  return { kind: 'accepted', status: reply.status, body: body as Body };
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
  const retryAfter = Number(reply.retryAfter ?? Number.NaN);
  return {
    kind: 'problem',
    status: reply.status,
    code: known ? code : `HTTP_${reply.status}`,
    title: printable(textOf(body, 'title') ?? `HTTP status ${reply.status}`),
    remedy: printable(
      textOf(body, 'remedy') ??
        'is it kickd that answers there? look: kicker doctor HOST',
      600,
    ),
    ...(Number.isInteger(retryAfter) && retryAfter >= 0 && retryAfter <= 86_400
      ? { retryAfterSeconds: retryAfter }
      : {}),
  };
}

function parseJson(body: Buffer): unknown {
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
