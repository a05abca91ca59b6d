import {
  printable,
  type Outcome,
  type OutcomeKind,
  type Run,
} from '@kickd/protocol';
import { exitCodes } from '../errors.ts';
import { describeOutcome } from '../events/describe-outcome.ts';
import { factsOf } from '../fleet/reply-facts.ts';
import type { Target } from '../fleet/target.ts';
import type { AgentReply } from '../ports.ts';

/** How a kick of one host went, as far as it was followed. */
export type KickResult =
  | { kind: 'ended'; run: Run; outcome: Outcome }
  /** accepted, and not waited for */
  | { kind: 'accepted'; run: Run }
  | { kind: 'refused'; code: string; message: string; remedy: string }
  | { kind: 'not-sent'; code: string; message: string; remedy: string }
  | {
      kind: 'not-known';
      code: string;
      message: string;
      remedy: string;
      run?: Run;
    };

/** What a reply other than "accepted" comes to. */
export function resultOfReply(
  reply: Exclude<AgentReply<unknown>, { kind: 'accepted' }>,
): Exclude<KickResult, { kind: 'ended' | 'accepted' }> {
  const facts = factsOf(reply);
  return { kind: kindsOfReplies[reply.kind], ...facts };
}

const kindsOfReplies = {
  problem: 'refused',
  'refused-tls': 'refused',
  'not-sent': 'not-sent',
  unknown: 'not-known',
} as const;

export function exitCodeOf(result: KickResult): number {
  return result.kind === 'ended'
    ? exitCodesOfOutcomes[result.outcome.kind]
    : exitCodesOfResults[result.kind];
}

const exitCodesOfResults: Record<
  Exclude<KickResult['kind'], 'ended'>,
  number
> = {
  accepted: exitCodes.ok,
  refused: exitCodes.refused,
  'not-sent': exitCodes.notThrough,
  'not-known': exitCodes.notKnown,
};

const exitCodesOfOutcomes: Record<OutcomeKind, number> = {
  unchanged: exitCodes.ok,
  corrected: exitCodes.ok,
  refused: exitCodes.refused,
  partly: exitCodes.runFailed,
  failed: exitCodes.runFailed,
  'timed-out': exitCodes.runFailed,
  cancelled: exitCodes.runFailed,
  lost: exitCodes.runFailed,
  'not-started': exitCodes.runFailed,
};

/** The result in words: one line, and the remedy on a second where there is one. */
export function linesOf(target: Target, result: KickResult): string[] {
  const name = printable(target.name);
  if (result.kind === 'accepted') {
    return [`${name}: accepted, run ${result.run.run} is ${result.run.state}`];
  }
  if (result.kind === 'ended') {
    return [`${name}: ${describeOutcome(result.run, result.outcome)}`];
  }
  if (result.kind === 'refused') return told(`${name}: refused`, result);
  if (result.kind === 'not-sent') return told(`${name}: not sent`, result);
  return told(
    result.run === undefined
      ? `${name}: not known whether it arrived`
      : `${name}: accepted, outcome not known, run ${result.run.run}`,
    result,
  );
}

function told(
  head: string,
  { code, message, remedy }: { code: string; message: string; remedy: string },
): string[] {
  return [`${head}: ${code}: ${message}`, `  remedy: ${remedy}`];
}

/** The result for a program: one object a host; names and meaning stay within `version`. */
export function jsonOf(target: Target, kick: string, result: KickResult) {
  const run =
    result.kind === 'refused' || result.kind === 'not-sent'
      ? undefined
      : result.run;
  return toJsonLine({
    version: 1,
    host: target.name,
    certname: target.certname,
    address: target.address,
    port: target.port,
    kick,
    result: result.kind === 'ended' ? result.outcome.kind : result.kind,
    exit: exitCodeOf(result),
    run: run?.run,
    state: run?.state,
    durationMs: run?.durationMs,
    outcome: result.kind === 'ended' ? result.outcome : undefined,
    error:
      'code' in result
        ? { code: result.code, message: result.message, remedy: result.remedy }
        : undefined,
  });
}

/** JSON in plain ASCII: JSON alone lets C1 controls, bidi marks and U+2028 through to a terminal. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
