import { printable } from '@kickd/protocol';
import type { Acl, Stanza } from './acl.ts';
import { judgeAddress } from './address-entries.ts';
import { refuseCaller } from './caller.ts';
import { judgeName } from './name-entries.ts';
import { fitPath } from './paths.ts';
import {
  allowedBy,
  beside,
  deniedBy,
  noStanza,
  nobodySpeaks,
  type Asked,
} from './reasons.ts';
import type { AclDecision, AclMethod, AclRequest } from './request.ts';

export type { AclDecision, AclMethod, AclRequest };

/**
 * Decides a request. In the order of the file the first stanza that fits its path, method and
 * environment decides; inside it names and addresses are judged apart, a deny from either wins,
 * then an allow from either is enough. No stanza, no entry: deny. Pure, never throws.
 *
 * A request without an environment is allowed only where every environment allows it; whoever
 * knows which one the run will have should name it.
 * @see DESIGN, section 7; docs/reference/acl.md
 */
export function authorize(acl: Acl, request: AclRequest): AclDecision {
  return decide(acl, request, 'allow in all');
}

/**
 * Whether some environment could allow the request: asked before its body, which names the
 * environment, has been read. An allow here is not yet an answer; a deny is final.
 */
export function mayAllowInSomeEnvironment(
  acl: Acl,
  request: Omit<AclRequest, 'environment'>,
): AclDecision {
  return decide(acl, { ...request, environment: undefined }, 'allow in one');
}

function decide(
  acl: Acl,
  request: AclRequest,
  want: 'allow in all' | 'allow in one',
): AclDecision {
  const refusal = refuseCaller(request);
  if (refusal !== undefined) return { ...refusal, file: printable(acl.file) };
  const candidates = candidatesFor(acl, request);
  const environments =
    request.environment === undefined
      ? [undefined, ...environmentsOf(candidates)]
      : [request.environment];
  const settles = want === 'allow in all' ? 'deny' : 'allow';
  let first: AclDecision | undefined;
  for (const environment of environments) {
    const decision = decideIn(environment, candidates, { acl, request });
    if (decision.decision === settles) {
      return inEnvironment(decision, environment);
    }
    first ??= decision;
  }
  return first ?? noStanza({ acl, request });
}

interface Candidate {
  stanza: Stanza;
  fit: { kind: 'fits'; captures: readonly string[] } | { kind: 'beside' };
}

/** The stanzas that path and method leave, in the order of the file, up to one that always decides. */
function candidatesFor(acl: Acl, { path, method }: AclRequest): Candidate[] {
  const candidates: Candidate[] = [];
  for (const stanza of acl.stanzas) {
    if (stanza.methods.length > 0 && !stanza.methods.includes(method)) continue;
    const fit = fitPath(stanza.path, path);
    if (fit.kind === 'none') continue;
    candidates.push({ stanza, fit });
    if (fit.kind === 'fits' && stanza.environments.length === 0) break;
  }
  return candidates;
}

function environmentsOf(candidates: readonly Candidate[]): Set<string> {
  return new Set(candidates.flatMap(({ stanza }) => stanza.environments));
}

/** @param environment undefined: one that no line of the file names */
function decideIn(
  environment: string | undefined,
  candidates: readonly Candidate[],
  asked: Asked,
): AclDecision {
  for (const { stanza, fit } of candidates) {
    const isElsewhere =
      stanza.environments.length > 0 &&
      (environment === undefined || !stanza.environments.includes(environment));
    if (isElsewhere) continue;
    if (fit.kind === 'fits') return judge(stanza, fit.captures, asked);
    // For Puppet /run also covered /running: its refusal holds, its permission does not.
    const refusal = judge(stanza, [], asked);
    if (refusal.decision === 'deny') return beside(refusal, stanza, asked);
  }
  return noStanza(asked);
}

function judge(
  stanza: Stanza,
  captures: readonly string[],
  asked: Asked,
): AclDecision {
  const { certname = '', ip } = asked.request;
  const voices = [
    stanza.names && judgeName(stanza.names, certname, captures),
    stanza.addresses && judgeAddress(stanza.addresses, ip),
  ].filter((voice) => voice !== undefined);
  const speaks = voices.find(({ verdict }) => verdict === 'deny') ?? voices[0];
  if (speaks === undefined) return nobodySpeaks(stanza, asked);
  return speaks.verdict === 'deny'
    ? deniedBy(speaks, stanza, asked)
    : allowedBy(speaks, stanza, asked);
}

function inEnvironment(
  decision: AclDecision,
  environment: string | undefined,
): AclDecision {
  if (environment === undefined) return decision;
  const where =
    decision.decision === 'deny'
      ? `no environment was named, and in ${environment} `
      : `in the environment ${environment} `;
  return { ...decision, reason: `${where}${decision.reason}` };
}
