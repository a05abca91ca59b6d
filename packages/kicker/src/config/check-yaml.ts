import { Value } from 'typebox/value';
import type { Static, TSchema } from 'typebox';
import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { nearest } from '../nearest.ts';

export type CheckedYaml<Value> =
  | {
      kind: 'value';
      value: Value;
      /** `FILE:LINE:COL` of a value, or of what stands nearest above it */
      whereOf: (path: readonly string[]) => string;
    }
  | { kind: 'faults'; faults: FaultFacts[] };

/**
 * Reads a text by a schema: every mistake at once, in the order of the file, each with file, line and
 * column. What is wanted is what the schema says in `description`.
 * @param moved what to say of a key that this file held in an earlier version
 */
export function checkYaml<Schema extends TSchema>(
  text: string,
  file: string,
  schema: Schema,
  moved: Readonly<Record<string, (where: string) => FaultFacts>> = {},
): CheckedYaml<Static<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const yamlFaults = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return errors.configYaml(
      `${file}:${line}:${col}`,
      printable(error.message),
    );
  });
  if (yamlFaults.length > 0) return { kind: 'faults', faults: yamlFaults };

  const value: unknown = document.toJS() ?? {};
  const found: { where: Place; fault: FaultFacts }[] = [];
  const add = (where: Place, make: (where: string) => FaultFacts): void => {
    found.push({ where, fault: make(`${file}:${where.line}:${where.col}`) });
  };
  const mistakes = Value.Errors(schema, value);
  const unions = mistakes.filter(({ keyword }) => keyword === 'anyOf');
  for (const error of mistakes) {
    // Told again, better, by the error `boolean` at the key itself.
    if (error.keyword === 'additionalProperties') continue;
    // What a value lacks to be each of several things is told once: that it is none of them.
    const isPart = unions.some(
      ({ instancePath }) =>
        error.keyword !== 'anyOf' &&
        `${error.instancePath}/`.startsWith(`${instancePath}/`),
    );
    if (isPart) continue;
    const path = error.instancePath.split('/').slice(1).map(unescapePointer);
    const where = place(document, lines, path, error.keyword === 'boolean');
    if (error.keyword === 'boolean') {
      const key = path.join('.');
      const makeMoved = Object.hasOwn(moved, key) ? moved[key] : undefined;
      const known = Object.keys(
        propertiesOf(schemaAt(schema, path.slice(0, -1)), 'properties'),
      );
      const near = nearest(path.at(-1) ?? '', known);
      add(
        where,
        makeMoved ?? ((at) => errors.configUnknownKey(at, key, near, known)),
      );
    } else if (error.keyword === 'required') {
      for (const missing of error.params.requiredProperties) {
        const key = [...path, missing];
        add(where, (at) =>
          errors.configInvalid(
            at,
            key.join('.'),
            'nothing',
            describe(schema, key),
          ),
        );
      }
    } else {
      const shown = show(valueAt(value, path));
      add(where, (at) =>
        errors.configInvalid(
          at,
          path.join('.') || 'the file',
          shown,
          describe(schema, path),
        ),
      );
    }
  }
  if (found.length > 0) {
    const inOrder = found.toSorted(
      (a, b) => a.where.line - b.where.line || a.where.col - b.where.col,
    );
    return { kind: 'faults', faults: inOrder.map(({ fault }) => fault) };
  }
  return {
    kind: 'value',
    // Value.Errors found nothing, so the value has this shape.
    value: value as Static<Schema>,
    whereOf: (path) => {
      const { line, col } = place(document, lines, path, false);
      return `${file}:${line}:${col}`;
    },
  };
}

interface Place {
  line: number;
  col: number;
}

/** Where a value stands, or its key; of the nearest that stands above where it is missing. */
function place(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly string[],
  ofKey: boolean,
): Place {
  let offset = 0;
  let node: unknown = document.contents;
  for (const [depth, name] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item.key) === name);
      if (pair === undefined) break;
      const isLast = depth === path.length - 1;
      const found: unknown =
        isLast && ofKey ? pair.key : (pair.value ?? pair.key);
      offset = startOf(found) ?? startOf(pair.key) ?? offset;
      node = pair.value;
    } else {
      const item: unknown = document.getIn(path.slice(0, depth + 1), true);
      offset = startOf(item) ?? offset;
      node = item;
    }
  }
  return lines.linePos(offset);
}

function keyText(key: unknown): string {
  return hasValue(key) ? String(key.value) : String(key);
}

function hasValue(node: unknown): node is { value: unknown } {
  return typeof node === 'object' && node !== null && 'value' in node;
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) {
    return undefined;
  }
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number'
    ? range[0]
    : undefined;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The part of the schema that judges the value at `path`; JSON Schema as typebox writes it. */
function schemaAt(schema: unknown, path: readonly string[]): unknown {
  let node = schema;
  for (const name of path) {
    node =
      valueAt(node, ['properties', name]) ??
      Object.values(propertiesOf(node, 'patternProperties'))[0] ??
      valueAt(node, ['items']);
  }
  return node;
}

function propertiesOf(schema: unknown, keyword: string): object {
  const found = valueAt(schema, [keyword]);
  return typeof found === 'object' && found !== null ? found : {};
}

function describe(schema: TSchema, path: readonly string[]): string {
  const description = valueAt(schemaAt(schema, path), ['description']);
  return typeof description === 'string' ? description : 'another value';
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let found: unknown = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Object.getOwnPropertyDescriptor(found, name)?.value;
  }
  return found;
}

function show(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'nothing', 80);
}
