import { RE2JS } from 're2js';
import { aclFaults, type AclFault, type Place } from './faults.ts';
import { aclLimits } from './limits.ts';
import { readRegexSyntax } from './regex-syntax.ts';

/** A regex of a rule, compiled for an engine whose time is linear in the text. */
export interface LinearRegex {
  groups: number;
  matches(text: string): boolean;
  /** the whole match and its groups ('' for a group that took no part); undefined: no match */
  capture(text: string): string[] | undefined;
}

/**
 * Compiles a regex as Puppet would read it, or says why it is refused: it does not compile, it
 * uses what only Ruby knows, or it is anchored at neither end and so wider than it looks.
 * @param source without the slashes or the tilde around it
 */
export function compileRegex(
  source: string,
  at: Place,
): { kind: 'regex'; regex: LinearRegex } | { kind: 'fault'; fault: AclFault } {
  const refuse = (why: string, remedy: string) => {
    const fault = aclFaults.regexInvalid(at, source, why, remedy);
    return { kind: 'fault' as const, fault };
  };
  if (source.length > aclLimits.regexMaxChars) {
    const why = `it has ${source.length} characters, at most ${aclLimits.regexMaxChars} are read`;
    return refuse(why, 'use several shorter entries');
  }
  const syntax = readRegexSyntax(source);
  if (syntax.kind === 'fault') return refuse(syntax.why, syntax.remedy);
  if (!syntax.isAnchored) {
    return { kind: 'fault', fault: aclFaults.regexUnanchored(at, source) };
  }
  try {
    return { kind: 'regex', regex: linearRegex(RE2JS.compile(syntax.re2)) };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it does not compile';
    return refuse(why, 'correct it, or write each name in full');
  }
}

function linearRegex(program: RE2JS): LinearRegex {
  return {
    groups: program.groupCount(),
    matches: (text) => program.matcher(text).find(),
    capture(text) {
      const matcher = program.matcher(text);
      if (!matcher.find()) return undefined;
      const groups = Array.from({ length: program.groupCount() }, (_, index) =>
        matcher.group(index + 1),
      );
      return [matcher.group() ?? '', ...groups.map((group) => group ?? '')];
    },
  };
}
