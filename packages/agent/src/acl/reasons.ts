import { printable } from '@kickd/protocol';
import type { Acl, Stanza } from './acl.ts';
import type { Voice } from './entry.ts';
import { foldCase } from './names.ts';
import type { AclDecision, AclRequest } from './request.ts';

/** Who asked what of which file. */
export interface Asked {
  acl: Acl;
  request: AclRequest;
}

export function allowedBy(
  { entry }: Voice,
  stanza: Stanza,
  { acl, request }: Asked,
): AclDecision {
  return {
    decision: 'allow',
    rule: ruleText(stanza, entry.text),
    file: printable(acl.file),
    line: entry.line,
    reason: `${who(request)} is let in by "${shown(entry.text)}", and no deny fits better`,
  };
}

export function deniedBy(
  { entry, because }: Voice,
  stanza: Stanza,
  { acl, request }: Asked,
): AclDecision {
  const file = printable(acl.file);
  const reason =
    because === undefined
      ? `${who(request)} is kept out by "${shown(entry.text)}"`
      : `${because}, so "${shown(entry.text)}" keeps ${who(request)} out`;
  return {
    decision: 'deny',
    rule: ruleText(stanza, entry.text),
    file,
    line: entry.line,
    reason,
    isExplicit: true,
    remedy: `if the caller should be let in, remove or narrow line ${entry.line} of ${file}`,
  };
}

export function nobodySpeaks(
  stanza: Stanza,
  { acl, request }: Asked,
): AclDecision {
  const file = printable(acl.file);
  return {
    decision: 'deny',
    rule: ruleText(stanza),
    file,
    line: stanza.line,
    reason: `the stanza "${shown(stanza.text)}" decides, and none of its entries lets in ${who(request)}`,
    remedy: `if the caller should be let in, add below line ${stanza.line} of ${file}: allow ${printable(foldCase(request.certname ?? ''), 253)}`,
  };
}

export function noStanza({ acl, request }: Asked): AclDecision {
  const file = printable(acl.file);
  const name = printable(foldCase(request.certname ?? ''), 253);
  return {
    decision: 'deny',
    file,
    reason: `no stanza of ${file} fits ${printable(request.path, 100)} [${request.method}]${
      request.environment === undefined
        ? ''
        : ` in the environment ${printable(request.environment, 64)}`
    }`,
    remedy: `if the caller should be let in, add to ${file}: path ${shownPath(request)} / method ${request.method} / allow ${name} (each on a line of its own)`,
  };
}

/** A deny that holds only because Puppet, without segment boundaries, would have spoken it. */
export function beside(
  refusal: AclDecision,
  stanza: Stanza,
  { acl, request }: Asked,
): AclDecision {
  return {
    ...refusal,
    reason: `for Puppet "${shown(stanza.text)}" also covers ${printable(request.path, 100)} and would refuse it: ${refusal.reason}`,
    remedy: `give the stanza at line ${stanza.line} of ${printable(acl.file)} a method line that leaves out ${request.method}, or move the stanza for ${printable(request.path, 100)} above it`,
  };
}

/** A stanza for kicks names no host: one text serves all of them. */
function shownPath({ path, method }: AclRequest): string {
  const isKick = method === 'save' && path.startsWith('/run/');
  return isKick ? '/run' : printable(path, 100);
}

function who({ certname = '', ip }: AclRequest): string {
  const name = printable(certname, 253);
  return ip === undefined ? name : `${name} (${printable(ip, 60)})`;
}

function ruleText(stanza: Stanza, entry?: string): string {
  const text = shown(stanza.text);
  return entry === undefined ? text : `${text}, ${shown(entry)}`;
}

function shown(text: string): string {
  return printable(text, 300);
}
