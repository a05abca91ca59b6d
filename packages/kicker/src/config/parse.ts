import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import { Value } from 'typebox/value';
import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { defaultConfig, type Config } from './config.ts';
import { nearest } from './nearest.ts';
import { ConfigFile } from './schema.ts';

export type ParsedConfig =
  { kind: 'config'; config: Config } | { kind: 'faults'; faults: FaultFacts[] };

/**
 * Reads the text of kicker.yaml: every mistake at once, each with file, line and column.
 * An empty file is the default configuration.
 */
export function parseConfig(text: string, file: string): ParsedConfig {
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
  for (const error of Value.Errors(ConfigFile, value)) {
    // Told again, better, by the error `boolean` at the key itself.
    if (error.keyword === 'additionalProperties') continue;
    const path = error.instancePath.split('/').slice(1).map(unescapePointer);
    const where = place(document, lines, path, error.keyword === 'boolean');
    if (error.keyword === 'boolean') {
      const known = Object.keys(
        propertiesOf(schemaAt(ConfigFile, path.slice(0, -1)), 'properties'),
      );
      const near = nearest(path.at(-1) ?? '', known);
      add(where, (at) =>
        errors.configUnknownKey(at, path.join('.'), near, known),
      );
    } else if (error.keyword === 'required') {
      for (const missing of error.params.requiredProperties) {
        const key = [...path, missing];
        add(where, (at) =>
          errors.configInvalid(at, key.join('.'), 'nothing', describe(key)),
        );
      }
    } else {
      const shown = show(valueAt(value, path));
      add(where, (at) =>
        errors.configInvalid(
          at,
          path.join('.') || 'the file',
          shown,
          describe(path),
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
  // Value.Errors found nothing, so the value has this shape.
  return { kind: 'config', config: fill(value as ConfigFile, file) };
}

function fill(given: ConfigFile, file: string): Config {
  const base = defaultConfig();
  const { rule, retry, follow, timeouts, nagios, hosts, ...flat } = given;
  return {
    ...base,
    ...flat,
    file,
    hosts: hosts ?? {},
    nagios: { ...nagios },
    rule: { ...base.rule, ...rule },
    retry: { ...base.retry, ...retry },
    follow: { ...base.follow, ...follow },
    timeouts: { ...base.timeouts, ...timeouts },
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
  path: string[],
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

function describe(path: readonly string[]): string {
  const description = valueAt(schemaAt(ConfigFile, path), ['description']);
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
