/**
 * The part of Ruby's regex language that means the same in RE2. A text outside of it is refused,
 * not reinterpreted: `[a&&b]`, `[a[bc]]`, `a{,3}`, `a{03}`, `a{2}?` and `a(?i)b|c` compile in both and
 * match different names. Line anchors become text anchors, which is safe since neither paths nor
 * certnames with control characters are ever judged.
 * @see Onigmo doc/RE (Ruby), RE2 syntax
 */
export type RegexSyntax =
  | { kind: 'regex'; re2: string; isAnchored: boolean; hasNamedGroups: boolean }
  | { kind: 'fault'; why: string; remedy: string };

/** Reads a Ruby regex, checks it, and says it for RE2. Linear; nesting is bounded by its length. */
export function readRegexSyntax(source: string): RegexSyntax {
  const reader: Reader = { source, at: 0, re2: '', named: 0, plain: 0 };
  try {
    const branches = readAlternation(reader);
    if (reader.at < source.length) {
      throw new Unreadable('a ) has no (', 'write \\) for the character');
    }
    if (reader.named > 0 && reader.plain > 0) {
      throw new Unreadable(
        'it mixes named and plain groups, which Ruby numbers in its own way',
        'write (?:...) for the groups that only group',
      );
    }
    const isAnchored = branches.every(isBranchAnchored);
    const hasNamedGroups = reader.named > 0;
    return { kind: 'regex', re2: reader.re2, isAnchored, hasNamedGroups };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { kind: 'fault', why: error.message, remedy: error.remedy };
  }
}

class Unreadable extends Error {
  readonly remedy: string;
  constructor(why: string, remedy: string) {
    super(why);
    this.remedy = remedy;
  }
}

interface Reader {
  source: string;
  at: number;
  re2: string;
  named: number;
  plain: number;
}

/** What stands at either end of an alternative; all that the question of anchors needs. */
type Piece =
  { kind: 'start' | 'end' | 'other' } | { kind: 'group'; branches: Piece[][] };

function isBranchAnchored(pieces: Piece[]): boolean {
  const only = pieces.length === 1 ? pieces[0] : undefined;
  if (only?.kind === 'group') return only.branches.every(isBranchAnchored);
  return isHeld(pieces[0], 'start') || isHeld(pieces.at(-1), 'end');
}

function isHeld(piece: Piece | undefined, side: 'start' | 'end'): boolean {
  if (piece?.kind !== 'group') return piece?.kind === side;
  return piece.branches.every((branch) =>
    isHeld(side === 'start' ? branch[0] : branch.at(-1), side),
  );
}

function readAlternation(reader: Reader): Piece[][] {
  const branches: Piece[][] = [[]];
  while (reader.at < reader.source.length && reader.source[reader.at] !== ')') {
    if (reader.source[reader.at] === '|') {
      copy(reader, 1);
      branches.push([]);
      continue;
    }
    const flag = /^\(\?i\)/.exec(reader.source)?.[0];
    if (reader.at === 0 && flag !== undefined) {
      copy(reader, flag.length);
      continue;
    }
    const piece = readPiece(reader);
    branches.at(-1)?.push(readRepeat(reader) ? { kind: 'other' } : piece);
  }
  return branches;
}

function readPiece(reader: Reader): Piece {
  switch (reader.source[reader.at] ?? '') {
    case '^':
      copy(reader, 1);
      return { kind: 'start' };
    case '$':
      copy(reader, 1);
      return { kind: 'end' };
    case '\\':
      return readEscape(reader);
    case '[':
      readClass(reader);
      return { kind: 'other' };
    case '(':
      return readGroup(reader);
    default:
      expectNoBraces(reader.source.slice(reader.at));
      copy(reader, 1);
      return { kind: 'other' };
  }
}

function readGroup(reader: Reader): Piece {
  const rest = reader.source.slice(reader.at, reader.at + 64);
  const head = /^\((?!\?)|^\(\?(?:-?i)?:|^\(\?<[A-Za-z_]\w*>/.exec(rest)?.[0];
  if (head === undefined) {
    throw new Unreadable(
      `"${rest.slice(0, 4)}" is not part of it: no look-around, no atomic group, no option inside`,
      'say it without, or use two entries, for example an allow and a more specific deny; (?i) may stand at the very beginning',
    );
  }
  if (head === '(') reader.plain += 1;
  if (head.startsWith('(?<')) reader.named += 1;
  copy(reader, head.length);
  const branches = readAlternation(reader);
  if (reader.source[reader.at] !== ')') {
    throw new Unreadable('a ( is never closed', 'write \\( for the character');
  }
  copy(reader, 1);
  return { kind: 'group', branches };
}

/** @returns whether the piece before is repeated: an anchor that is optional anchors nothing */
function readRepeat(reader: Reader): boolean {
  const rest = reader.source.slice(reader.at);
  if (/^\{\d+\}\?/.test(rest)) {
    throw new Unreadable('{n}? is read in two ways', 'write (?:...{n})?');
  }
  const repeat = exactRepeat.exec(rest)?.[0];
  if (repeat === undefined) {
    expectNoBraces(rest);
    return false;
  }
  copy(reader, repeat.length);
  if (/^(?:[*+?]|\{[\d,]*\})/.test(rest.slice(repeat.length))) {
    throw new Unreadable(
      'a repeat is repeated (possessive repeats are Ruby alone)',
      'write one repeat, or group it: (?:...)*',
    );
  }
  return true;
}

/** RE2 takes {,2} and {02} for text, Ruby for repeats. */
const exactRepeat = /^(?:[*+?]|\{(?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*)?)?\})\??/;

/** Braces that look like a repeat and are none that both read alike, or that stand behind nothing. */
function expectNoBraces(rest: string): void {
  const braces = /^\{[\d,]*\}/.exec(rest)?.[0];
  if (braces === undefined) return;
  throw new Unreadable(
    `${braces} is no repeat here, or one for Ruby alone`,
    'write {n}, {n,} or {0,n} behind what is repeated, or \\{ for the character',
  );
}

function readEscape(reader: Reader): Piece {
  const letter = reader.source[reader.at + 1] ?? '';
  const isAnchor = letter === 'A' || letter === 'z' || letter === 'Z';
  if (
    !isAnchor &&
    !/^[dDwWsSbB\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e ]$/.test(letter)
  ) {
    throw escapeFault(letter);
  }
  // \Z also ends before a last line break, which no judged text has; RE2 knows \z alone.
  reader.re2 += letter === 'Z' ? '\\z' : `\\${letter}`;
  reader.at += 2;
  return { kind: isAnchor ? (letter === 'A' ? 'start' : 'end') : 'other' };
}

/** A bracket class. Nested classes and && are set arithmetic in Ruby and plain characters in RE2. */
function readClass(reader: Reader): void {
  const { source } = reader;
  let end = reader.at + 1;
  if (source[end] === '^') end += 1;
  if (source[end] === ']') {
    throw new Unreadable(
      'a class begins with ]',
      'write \\] for the character',
    );
  }
  while (source[end] !== ']') {
    const posix = /^\[:\^?[a-z]+:\]/.exec(source.slice(end, end + 16))?.[0];
    if (end >= source.length) {
      throw new Unreadable(
        'a [ is never closed',
        'write \\[ for the character',
      );
    }
    if (posix === undefined && source[end] === '[') {
      throw new Unreadable(
        'a class stands inside a class',
        'write \\[ for the character',
      );
    }
    if (source.startsWith('&&', end)) {
      throw new Unreadable(
        '&& in a class is Ruby alone',
        'list the characters',
      );
    }
    if (source[end] === '\\' && !/^[dDwWsS\W_]$/.test(source[end + 1] ?? '')) {
      throw escapeFault(source[end + 1] ?? '');
    }
    const isSet = posix !== undefined || /^\\[dDwWsS]/.test(source.slice(end));
    end += posix?.length ?? (source[end] === '\\' ? 2 : 1);
    // at either end of a range a set is no character: Ruby does not load it, RE2 reads a hyphen
    const follows = source.slice(end, end + 3);
    if (isSet ? /^-[^\]]/.test(follows) : /^-(?:\\[dDwWsS]|\[)/.test(follows)) {
      throw new Unreadable(
        'a range in a class begins or ends with a set such as \\d',
        'put the hyphen last: [\\w.-]',
      );
    }
  }
  copy(reader, end + 1 - reader.at);
}

function escapeFault(letter: string): Unreadable {
  return letter === ''
    ? new Unreadable('it ends in a backslash', 'write \\\\ for the character')
    : new Unreadable(
        `\\${letter} is not part of it`,
        'use \\d \\w \\s \\b \\A \\z, a class such as [0-9a-f], or the character itself',
      );
}

function copy(reader: Reader, chars: number): void {
  reader.re2 += reader.source.slice(reader.at, reader.at + chars);
  reader.at += chars;
}
