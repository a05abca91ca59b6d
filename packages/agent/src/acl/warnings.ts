import type { Acl, Stanza } from './acl.ts';
import { aclWarnings, type AclFault } from './faults.ts';
import { aclLimits } from './limits.ts';
import { fitPath } from './paths.ts';
import { drillPath, kickPath } from './served-paths.ts';
import type { Building } from './stanzas.ts';

/**
 * What loads and still deserves a word: a stanza that is never reached, a glob in a path, a network
 * of every address, an `auth any`, a regex that fits no kick, mistakes where kickd serves nothing. In the order
 * of the file, a bounded number.
 */
export function warnAbout(
  { file, stanzas }: Acl,
  { authAnyLines, unserved }: Pick<Building, 'authAnyLines' | 'unserved'>,
  host: string | undefined,
): AclFault[] {
  const warnings = [
    ...authAnyLines.map((line) => aclWarnings.authIgnored({ file, line })),
    ...unserved.map(({ line, code, message }) =>
      aclWarnings.unserved({ file, line }, code, withoutPlace(message)),
    ),
  ];
  /** by their path, literal stanzas that decide every request under it */
  const deciders = new Map<string, Stanza>();
  const asked =
    host === undefined
      ? []
      : [
          { bare: '/run', path: kickPath(host), warn: aclWarnings.bareRun },
          {
            bare: '/drill',
            path: drillPath(host),
            warn: aclWarnings.bareDrill,
          },
        ];
  for (const stanza of stanzas) {
    if (warnings.length >= aclLimits.faultsMax) break;
    for (const [line, entry] of anyAddresses(stanza)) {
      warnings.push(aclWarnings.anyAddress({ file, line }, entry));
    }
    const at = { file, line: stanza.line };
    if (stanza.path.kind === 'regex') {
      for (const { bare, path, warn } of asked) {
        if (isOfBarePath(stanza, bare, path)) {
          warnings.push(warn(at, stanza.path.text, path));
        }
      }
      continue;
    }
    const path = stanza.path.text;
    if (path.includes('*')) warnings.push(aclWarnings.pathGlob(at, path));
    const above = decidedAbove(path, deciders);
    if (above !== undefined) {
      warnings.push(aclWarnings.unreached(at, above));
    } else if (
      stanza.methods.length === 0 &&
      stanza.environments.length === 0
    ) {
      // A path with a slash at its end does not cover itself without it, so it shadows too little.
      if (path === '/') deciders.set('', stanza);
      else if (!path.endsWith('/')) deciders.set(path, stanza);
    }
  }
  return warnings.sort((a, b) => a.line - b.line).slice(0, aclLimits.faultsMax);
}

/** The place stands before the warning already. */
function withoutPlace(message: string): string {
  return message.slice(message.indexOf(': ') + 2);
}

/** Written for the path of the request, which is not the one that the rules are asked about. */
function isOfBarePath(
  { path, methods }: Stanza,
  bare: string,
  asked: string,
): boolean {
  const mayBeKick = methods.length === 0 || methods.includes('save');
  return (
    mayBeKick &&
    fitPath(path, bare).kind === 'fits' &&
    fitPath(path, asked).kind === 'none'
  );
}

function anyAddresses({ addresses }: Stanza): [number, string][] {
  return ['4/0/0', '6/0/0'].flatMap((key): [number, string][] => {
    const entry = addresses?.byNetwork.get(key);
    return entry?.verdict === 'allow' ? [[entry.line, entry.text]] : [];
  });
}

/** Looks at the path and its nearest ancestors: a bounded number, or `//////` would take quadratic time. */
function decidedAbove(
  path: string,
  deciders: Map<string, Stanza>,
): Stanza | undefined {
  if (deciders.size === 0) return undefined;
  let end = path.length;
  for (let depth = 0; depth < 32 && end > 0; depth += 1) {
    const above = deciders.get(path.slice(0, end));
    if (above !== undefined) return above;
    end = path.lastIndexOf('/', end - 1);
  }
  return deciders.get('');
}
