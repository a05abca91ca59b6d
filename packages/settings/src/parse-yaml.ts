import { printable } from '@kickd/protocol';
import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
} from 'yaml';
import { readValue, type Flaw } from './yaml-value.ts';

/** The names and indexes that lead to a value. */
export type Path = readonly string[];

/** Both from 1. */
export interface Place {
  line: number;
  col: number;
}

interface Yaml {
  /** a tree of plain objects, arrays and scalars; an empty text is an empty object */
  value: unknown;
  /** Where a value stands, or its key; where it is missing, the nearest that stands above. */
  placeOf: (path: Path, of: 'key' | 'value') => Place;
}

export type ParsedYaml =
  | { kind: 'yaml'; yaml: Yaml }
  /** at least one, in the order of the text; `why` is printable */
  | { kind: 'flaws'; flaws: { at: Place; why: string }[] };

const start: Place = { line: 1, col: 1 };
const tooDeep = 'it nests too deep';

/** Reads YAML 1.2; whatever the text is, it never throws. */
export function parseYaml(text: string): ParsedYaml {
  try {
    return parse(text);
  } catch (error) {
    // The parser calls itself for each level of the text.
    const why =
      error instanceof RangeError
        ? tooDeep
        : printable(error instanceof Error ? error.message : String(error));
    return { kind: 'flaws', flaws: [{ at: start, why }] };
  }
}

function parse(text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Looked for below: there it takes the square of their number.
    uniqueKeys: false,
    // Whatever the text says of itself: with %YAML 1.1 or a tag like !!set a value would be no plain one.
    schema: 'core',
    resolveKnownTags: false,
  });
  const errors = document.errors.map(({ message, pos: [offset] }) => ({
    offset,
    why: message,
  }));
  const deep = errors.find(({ why }) => why.includes('call stack'));
  // All that comes behind it is only that nothing is closed.
  if (deep !== undefined) return flawsOf([{ ...deep, why: tooDeep }], lines);
  if (errors.length > 0) return flawsOf(errors, lines);
  const { value, flaws } = readValue(document);
  if (flaws.length > 0) return flawsOf(flaws, lines);
  return {
    kind: 'yaml',
    yaml: {
      value: value ?? {},
      placeOf: (path, of) => placeAt(lines, offsetOf(document, path, of)),
    },
  };
}

function flawsOf(flaws: readonly Flaw[], lines: LineCounter): ParsedYaml {
  return {
    kind: 'flaws',
    flaws: flaws.map(({ offset, why }) => ({
      at: placeAt(lines, offset),
      why: printable(why),
    })),
  };
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  // An empty text has no first line.
  return line === 0 ? start : { line, col };
}

function offsetOf(
  document: Document.Parsed,
  path: Path,
  of: 'key' | 'value',
): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, name] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => textOf(key) === name);
      if (pair === undefined) break;
      const found =
        isLast && of === 'key' ? undefined : startOf(pair.value ?? undefined);
      offset = found ?? startOf(pair.key) ?? offset;
      node = pair.value;
    } else {
      const item: unknown = isSeq(node) ? node.items[Number(name)] : undefined;
      offset = startOf(item) ?? offset;
      node = item;
    }
  }
  return offset;
}

function textOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
