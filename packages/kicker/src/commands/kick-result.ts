import {
  printable,
  type CorrectedResource,
  type FaultFacts,
  type Outcome,
  type OutcomeKind,
  type Run,
} from '@kickd/protocol';
import { exitCodes } from '../errors.ts';
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

/** Code, message and remedy of such a reply. */
export function factsOf(
  reply: Exclude<AgentReply<unknown>, { kind: 'accepted' }>,
): Omit<FaultFacts, 'exitCode'> {
  if (reply.kind === 'problem') {
    return { code: reply.code, message: reply.title, remedy: reply.remedy };
  }
  const { code, message, remedy } = reply.fault;
  return { code, message, remedy };
}

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

/** `corrected Service[apache2] (stopped -> running) in 4.2 s, run 0191…`; foreign text is made safe. */
export function describeOutcome(run: Run, outcome: Outcome): string {
  const what = [
    outcome.corrected.length > 0 ? list(outcome.corrected.map(resource)) : '',
    outcome.failed.length > 0
      ? `failed: ${list(outcome.failed.map((name) => printable(name, 120)))}`
      : '',
    outcome.code === undefined ? '' : `(${printable(outcome.code, 60)})`,
    outcome.reason === undefined ? '' : printable(outcome.reason),
    outcome.cachedCatalog === true ? '(from the cached catalog)' : '',
  ].filter((part) => part !== '');
  const noop = run.noop ? ' (noop)' : '';
  const took =
    run.durationMs === undefined
      ? ''
      : ` in ${(run.durationMs / 1000).toFixed(1)} s`;
  return `${[`${outcome.kind}${noop}`, ...what].join(' ')}${took}, run ${run.run}`;
}

function resource({ resource, from, to }: CorrectedResource): string {
  const name = printable(resource, 120);
  return from === undefined || to === undefined
    ? name
    : `${name} (${printable(from, 60)} -> ${printable(to, 60)})`;
}

function list(names: readonly string[]): string {
  const shown = 5;
  return names.length <= shown
    ? names.join(', ')
    : `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
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
