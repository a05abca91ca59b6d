import type { Outcome, OutcomeKind, Run } from '@kickd/protocol';
import { exitCodes } from '../errors.ts';
import { factsOf } from '../fleet/reply-facts.ts';
import type { Target } from '../fleet/target.ts';
import type { AgentReply } from '../ports.ts';
import type { KickRecord, Trouble } from './views/kick.ts';

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
  'not-needed': exitCodes.ok,
  refused: exitCodes.refused,
  partly: exitCodes.runFailed,
  failed: exitCodes.runFailed,
  'timed-out': exitCodes.runFailed,
  cancelled: exitCodes.runFailed,
  lost: exitCodes.runFailed,
  'not-started': exitCodes.runFailed,
};

/** What is known of the kick of one host, as it is printed. */
export function recordOf(
  { name: host, certname, address, port }: Target,
  kick: string,
  result: KickResult,
): KickRecord {
  const run =
    result.kind === 'refused' || result.kind === 'not-sent'
      ? undefined
      : result.run;
  return {
    host,
    certname,
    address,
    port,
    kick,
    result: result.kind === 'ended' ? result.outcome.kind : result.kind,
    exit: exitCodeOf(result),
    run: run?.run,
    state: run?.state,
    noop: run?.noop === true ? true : undefined,
    durationMs: run?.durationMs,
    outcome: result.kind === 'ended' ? result.outcome : undefined,
    error: 'code' in result ? troubleOf(result) : undefined,
  };
}

function troubleOf({ code, message, remedy }: Trouble): Trouble {
  return { code, message, remedy };
}
