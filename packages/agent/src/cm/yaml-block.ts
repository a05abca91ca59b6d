import { parse } from 'yaml';
import type { Anchors } from './yaml-anchors.ts';
import { decodeBinary, endOfQuoted, readScalar } from './yaml-scalar.ts';
import { nestsTooDeep } from './yaml-shape.ts';

/** Scalars are text, whatever they look like; undefined: nothing stands there. */
export type Yaml =
  string | undefined | readonly Yaml[] | ReadonlyMap<string, Yaml>;

/** Deeper than anything in a report; what is deeper is passed over. */
const depthMax = 10;
/** `[a, b]` and `{a: b}`, which Psych does not write and a person does. */
const flowMaxChars = 2048;

/** Line breaks of YAML 1.1, which libyaml leaves in a block, with the next line behind them. */
const otherBreak = /[\u0085\u2028\u2029]/;
const behindOtherBreak =
  /(?<=[\u0085\u2028\u2029])(?= {2}|[\u0085\u2028\u2029])/;

export interface BlockOptions {
  anchors: Anchors;
  /** keys below the first level that are read; undefined: all, so that every anchor is seen */
  wanted?: ReadonlySet<string> | undefined;
}

/**
 * Reads a few lines of block YAML as Psych writes it. How far a value reaches is told by indentation alone, so that
 * no quote, bracket or bad line reaches beyond its own key; every line is looked at once for each level.
 * @param text lines with their indentation, already decoded
 */
export function readBlock(text: string, options: BlockOptions): Yaml {
  return new Block(text, options).read(0, 0);
}

interface Node {
  rest: string;
  tag?: string;
  anchor?: string;
}

class Block {
  readonly #lines: string[];
  readonly #anchors: Anchors;
  readonly #wanted: ReadonlySet<string> | undefined;
  #at = 0;

  constructor(text: string, { anchors, wanted }: BlockOptions) {
    this.#lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
    if (otherBreak.test(text)) {
      this.#lines = this.#lines.flatMap((line) => line.split(behindOtherBreak));
    }
    this.#anchors = anchors;
    this.#wanted = wanted;
  }

  /** The node that begins at the next line which is not empty, at this indentation or deeper. */
  read(least: number, depth: number): Yaml {
    while (this.#at < this.#lines.length && isEmpty(this.#line)) this.#at += 1;
    const line = this.#line;
    const indent = indentOf(line);
    if (this.#at >= this.#lines.length || indent < least) return undefined;
    if (depth > depthMax) {
      this.#at += 1;
      this.#extent(least - 1);
      return undefined;
    }
    return this.#node(line.slice(indent), {
      column: indent,
      parent: least - 1,
      isOwnLine: true,
      depth,
    });
  }

  get #line(): string {
    return this.#lines[this.#at] ?? '';
  }

  /** What stands at this place of the current line, and the lines that belong to it. */
  #node(
    text: string,
    place: {
      column: number;
      /** indentation of the line that it belongs to: what is deeper is its own */
      parent: number;
      /** a collection may begin on this line */
      isOwnLine: boolean;
      /** the items of a list may stand as deep as their key */
      isValue?: boolean;
      depth: number;
    },
  ): Yaml {
    const { column, parent, isOwnLine, isValue = false, depth } = place;
    if (isOwnLine && depth <= depthMax) {
      const isList = isItem(text);
      if (isList || isComplexKey(text) || splitKey(text) !== undefined) {
        this.#lines[this.#at] = ' '.repeat(column) + text;
        return isList ? this.#list(column, depth) : this.#map(column, depth);
      }
    }
    const node = readProperties(text);
    this.#at += 1;
    const began = this.#at;
    let value: Yaml;
    if (node.rest === '' || node.rest.startsWith('#')) {
      const next = this.#nextIndent();
      const isListHere =
        isValue && next === parent && isItem(this.#line.slice(parent));
      value = this.read(isListHere ? parent : parent + 1, depth + 1);
      if (node.tag === '!binary' && typeof value === 'string') {
        value = decodeBinary(value);
      }
      // what is left of a scalar that began on a line of its own
      if (!isListHere) this.#extent(parent);
    } else {
      value = this.#inline(node, this.#extent(parent), parent);
    }
    if (node.anchor !== undefined) {
      const chars = this.#lines
        .slice(began - 1, this.#at)
        .reduce((sum, { length }) => sum + length, 0);
      this.#anchors.set(node.anchor, value, chars);
    }
    return value;
  }

  #inline({ rest, tag }: Node, more: readonly string[], parent: number): Yaml {
    if (rest[0] === '*') {
      return this.#anchors.get(/^\*([^\s,[\]{}]+)/.exec(rest)?.[1] ?? '');
    }
    if (rest[0] === '[' || rest[0] === '{') {
      return readFlow([rest, ...more].join('\n'), this.#anchors);
    }
    const scalar = readScalar(rest, more, parent);
    if (isBinary(tag)) return decodeBinary(scalar);
    // a symbol of Ruby; a text that begins so stands in quotes
    if (rest[0] === ':') return scalar.slice(1);
    return scalar === '' && !/^["'|>]/.test(rest) ? undefined : scalar;
  }

  #list(indent: number, depth: number): Yaml {
    const items: Yaml[] = [];
    while (this.#nextIndent() === indent && isItem(this.#line.slice(indent))) {
      const { rest, column } = behind(this.#line, indent);
      items.push(
        this.#node(rest, {
          column,
          parent: indent,
          isOwnLine: true,
          depth: depth + 1,
        }),
      );
    }
    return items;
  }

  #map(indent: number, depth: number): Yaml {
    const map = new Map<string, Yaml>();
    while (this.#nextIndent() === indent) {
      const text = this.#line.slice(indent);
      if (isComplexKey(text)) {
        const { rest, column } = behind(this.#line, indent);
        const place = { column, parent: indent, isOwnLine: false, depth };
        const key = this.#node(rest, place);
        map.set(
          typeof key === 'string' ? key : '',
          this.#valueOf(indent, depth),
        );
        continue;
      }
      const split = splitKey(text);
      if (split === undefined) {
        // no key, so nothing of ours: passed over with what hangs on it
        this.#at += 1;
        this.#extent(indent);
      } else if (depth > 0 && this.#wanted?.has(split.key) === false) {
        this.#at += 1;
        this.#extent(indent, true);
      } else {
        map.set(
          split.key,
          this.#node(split.rest, {
            column: indent,
            parent: indent,
            isOwnLine: false,
            isValue: true,
            depth,
          }),
        );
      }
    }
    return map;
  }

  /** Behind `? key` the value stands at a colon of its own. */
  #valueOf(indent: number, depth: number): Yaml {
    const isThere =
      this.#nextIndent() === indent &&
      /^:(?: |$)/.test(this.#line.slice(indent));
    if (!isThere) return undefined;
    const { rest, column } = behind(this.#line, indent);
    return this.#node(rest, {
      column,
      parent: indent,
      isOwnLine: true,
      isValue: true,
      depth: depth + 1,
    });
  }

  /** Skips empty lines. @returns -1 at the end */
  #nextIndent(): number {
    while (this.#at < this.#lines.length && isEmpty(this.#line)) this.#at += 1;
    return this.#at < this.#lines.length ? indentOf(this.#line) : -1;
  }

  /** Takes the lines that are deeper than this, and the empty ones among them. */
  #extent(parent: number, hasItems = false): string[] {
    const from = this.#at;
    while (this.#at < this.#lines.length) {
      const line = this.#line;
      const indent = indentOf(line);
      const isDeeper = indent > parent || indent === line.length;
      const isOwnItem =
        hasItems && indent === parent && isItem(line.slice(indent));
      if (!isDeeper && !isOwnItem) break;
      this.#at += 1;
    }
    return this.#lines.slice(from, this.#at);
  }
}

/** Nothing but blanks, or a comment. */
function isEmpty(line: string): boolean {
  const first = line[indentOf(line)];
  return (
    first === undefined ||
    first === '#' ||
    ((first === '\t' || first > '~') && line.trim() === '')
  );
}

/** Called for every line: without JIT a loop over a few blanks is cheaper than a regular expression. */
function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 32) indent += 1;
  return line.charCodeAt(indent) > 127 && otherBreak.test(line[indent] ?? '')
    ? line.length
    : indent;
}

function isItem(text: string): boolean {
  return text.startsWith('- ') || text === '-';
}

function isComplexKey(text: string): boolean {
  return text.startsWith('? ') || text === '?';
}

/** What stands behind `-`, `?` or `:` at this place of a line. */
function behind(
  line: string,
  indent: number,
): { rest: string; column: number } {
  const text = line.slice(indent + 1);
  const blanks = text.search(/[^ ]|$/);
  return { rest: text.slice(blanks), column: indent + 1 + blanks };
}

function splitKey(text: string): { key: string; rest: string } | undefined {
  const start = text[0];
  if (start === '"' || start === "'") {
    const end = endOfQuoted(text, start);
    const colon = /^ *:(?: +|$)/.exec(text.slice(end))?.[0];
    if (end > text.length || colon === undefined) return undefined;
    const key = readScalar(text.slice(0, end), [], 0);
    return { key, rest: text.slice(end + colon.length) };
  }
  if (start === undefined || /^[|>[{]/.test(start)) return undefined;
  const hasProperties = start === '&' || start === '!' || start === '*';
  if (hasProperties && /^[&*!]\S+ ?$/.test(text)) return undefined;
  const colon = text.indexOf(': ');
  const bare = colon < 0 ? text.trimEnd() : text;
  const end = colon < 0 && bare.endsWith(':') ? bare.length - 1 : colon;
  if (end <= 0) return undefined;
  const named = text.slice(0, end);
  if (named.includes('#') && /(?:^| )#/.test(named)) return undefined;
  // a tag or an anchor of the key says nothing about it
  const key = hasProperties ? named.replace(/^(?:[&!]\S+ +)+/, '') : named;
  return { key: key.trim(), rest: text.slice(end + 1).trimStart() };
}

function readProperties(text: string): Node {
  const node: Node = { rest: text };
  while (node.rest[0] === '&' || node.rest[0] === '!') {
    const found = /^([&!])(\S*)(?: +|$)/.exec(node.rest);
    if (found === null) break;
    const [all, kind, name = ''] = found;
    if (kind === '&') node.anchor = name;
    else node.tag = `!${name}`;
    node.rest = node.rest.slice(all.length);
  }
  return node;
}

function isBinary(tag: string | undefined): boolean {
  return (
    tag === '!binary' ||
    tag === '!!binary' ||
    tag === '!<tag:yaml.org,2002:binary>'
  );
}

/** The little that a person writes in brackets; a long text is no value of ours. */
function readFlow(text: string, anchors: Anchors): Yaml {
  const bare = text.trim();
  if (bare === '[]') return [];
  if (bare === '{}') return new Map();
  if (
    bare.length > flowMaxChars ||
    nestsTooDeep(bare) ||
    !anchors.mayReadFlow(bare.length)
  ) {
    return undefined;
  }
  try {
    return fromPlain(
      parse(bare, {
        schema: 'failsafe',
        logLevel: 'silent',
        maxAliasCount: 0,
        uniqueKeys: false,
      }),
    );
  } catch {
    return undefined;
  }
}

function fromPlain(value: unknown): Yaml {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map(
    Object.entries(value).map(([key, of]) => [key, fromPlain(of)]),
  );
}
