import { aclFaults, type AclFault, type Place } from './faults.ts';
import { aclLimits } from './limits.ts';
import { compileRegex, type LinearRegex } from './regex.ts';

/** What a stanza's `path` line names. */
export type PathPattern =
  | { kind: 'literal'; text: string }
  | { kind: 'regex'; text: string; regex: LinearRegex };

/**
 * How a pattern meets a path. `beside`: Puppet's prefix without a boundary would have matched
 * (`/run` and `/running`); ours does not, but a refusal that Puppet would have spoken still counts.
 */
export type PathFit =
  | { kind: 'fits'; captures: readonly string[] }
  | { kind: 'beside' }
  | { kind: 'none' };

export function parsePath(
  text: string,
  isRegex: boolean,
  at: Place,
): { kind: 'path'; path: PathPattern } | { kind: 'fault'; fault: AclFault } {
  if (text.includes('#')) {
    return { kind: 'fault', fault: aclFaults.pathComment(at, text) };
  }
  if (!isRegex) {
    return text.startsWith('/') && text.length <= aclLimits.pathMaxChars
      ? { kind: 'path', path: { kind: 'literal', text } }
      : { kind: 'fault', fault: aclFaults.pathInvalid(at, text) };
  }
  const compiled = compileRegex(text, at);
  if (compiled.kind === 'fault') return compiled;
  const { regex } = compiled;
  return { kind: 'path', path: { kind: 'regex', text: `~ ${text}`, regex } };
}

/** A literal path covers itself and what lies under it: /run and /run/x, not /running. */
export function fitPath(pattern: PathPattern, path: string): PathFit {
  if (pattern.kind === 'regex') {
    const captures = pattern.regex.capture(path);
    return captures === undefined
      ? { kind: 'none' }
      : { kind: 'fits', captures };
  }
  const { text } = pattern;
  if (!path.startsWith(text)) return { kind: 'none' };
  const isBoundary =
    path.length === text.length ||
    text.endsWith('/') ||
    path[text.length] === '/';
  return isBoundary ? { kind: 'fits', captures: [] } : { kind: 'beside' };
}
