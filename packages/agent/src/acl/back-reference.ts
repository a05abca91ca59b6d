import { foldCase, isDomain, isHostname, isOpaque } from './names.ts';

/**
 * What a back reference says about one name. The captured text is a name, compared literally;
 * Puppet parsed it as a pattern, so that a key `*.example.com` or `/.+/` opened everything.
 * - `pattern`: the text would have been a pattern for Puppet; it lets nobody in, and keeps out
 *   whom a `deny` could have meant
 * - `invalid`: Puppet failed on such a text and refused the request
 */
export type ReferenceMatch =
  | { kind: 'exact' | 'none' | 'pattern' | 'invalid' }
  | { kind: 'wildcard'; labels: number };

/**
 * @param template as written, e.g. `$1.example.com`; one digit is a reference: `$10` is $1 and 0
 * @param captures of the path's regex, the whole match first
 * @param name the caller's certname
 */
export function matchReference(
  template: string,
  captures: readonly string[],
  name: string,
): ReferenceMatch {
  const text = foldCase(template).replace(
    /\$(\d)/g,
    (_, digit: string) => captures[Number(digit)] ?? '',
  );
  const folded = foldCase(name);
  const exactly = (isSame: boolean): ReferenceMatch => {
    return { kind: isSame ? 'exact' : 'none' };
  };
  if (isHostname(text)) return exactly(foldCase(text) === folded);
  if (text.startsWith('*.') && isDomain(text.slice(2))) {
    if (!template.startsWith('*.')) return { kind: 'pattern' };
    const suffix = foldCase(text.slice(2));
    return folded === suffix || folded.endsWith(`.${suffix}`)
      ? { kind: 'wildcard', labels: suffix.split('.').length }
      : { kind: 'none' };
  }
  if (/\$\d/.test(text)) return { kind: 'none' };
  // Puppet folds the caller's name and not the captured word.
  if (isOpaque(text)) return exactly(!text.includes('.') && text === folded);
  const isRegex =
    text.length >= 2 && text.startsWith('/') && text.endsWith('/');
  return { kind: isRegex ? 'pattern' : 'invalid' };
}

/**
 * Why a back reference can be refused before any request.
 * @param groups of the path's regex; undefined for a literal path
 */
export function referenceFault(
  template: string,
  groups: number | undefined,
): { why: string; remedy: string } | undefined {
  if (groups === undefined) {
    return {
      why: 'a literal path has no groups',
      remedy: 'write the path as a regex, for example path ~ ^/run/([^/]+)$',
    };
  }
  if (template.startsWith('/')) {
    return {
      why: 'a captured text cannot become part of a regex',
      remedy: 'write $1, $1.example.com or *.$1',
    };
  }
  const isPlain = /^(?:\*\.)?(?:[-\w@]|\$\d)(?:[-\w.@]|\$\d)*$/.test(template);
  if (!isPlain || template.includes('..') || template.endsWith('.')) {
    return {
      why: 'this could never become a certname',
      remedy: 'write $1, $1.example.com or *.$1',
    };
  }
  const digits = [...template.matchAll(/\$(\d)/g)].map((found) =>
    Number(found[1]),
  );
  if (digits.includes(0)) {
    return {
      why: '$0 is the whole path, which is no certname',
      remedy: 'put a group around the name in the path and write $1',
    };
  }
  const most = Math.max(...digits);
  if (most <= groups) return undefined;
  return {
    why: `$${most} is missing, the path has ${groups} group${groups === 1 ? '' : 's'}`,
    remedy:
      'put a group (...) around the name in the path, or correct the number',
  };
}
