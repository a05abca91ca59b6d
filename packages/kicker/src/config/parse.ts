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
  const faults: FaultFacts[] = [];
  for (const error of Value.Errors(ConfigFile, value)) {
    // Told again, better, by the error `boolean` at the key itself.
    if (error.keyword === 'additionalProperties') continue;
    const path = error.instancePath.split('/').slice(1).map(unescapePointer);
    const where = place(
      document,
      lines,
      file,
      path,
      error.keyword === 'boolean',
    );
    if (error.keyword === 'boolean') {
      const known = Object.keys(propertiesAt(ConfigFile, path.slice(0, -1)));
      const key = path.at(-1) ?? '';
      faults.push(
        errors.configUnknownKey(
          where,
          path.join('.'),
          nearest(key, known),
          known,
        ),
      );
    } else if (error.keyword === 'required') {
      for (const missing of error.params.requiredProperties) {
        faults.push(
          errors.configInvalid(
            where,
            [...path, missing].join('.'),
            'nothing',
            describe(ConfigFile, [...path, missing]),
          ),
        );
      }
    } else {
      faults.push(
        errors.configInvalid(
          where,
          path.join('.') || 'the file',
          show(valueAt(value, path)),
          describe(ConfigFile, path),
        ),
      );
    }
  }
  if (faults.length > 0) return { kind: 'faults', faults };
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

/** file:line:column of a value, or of its key; of the nearest that stands above where it is missing. */
function place(
  document: Document.Parsed,
  lines: LineCounter,
  file: string,
  path: string[],
  ofKey: boolean,
): string {
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
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
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

interface SchemaNode {
  description?: string;
  properties?: Record<string, SchemaNode>;
  patternProperties?: Record<string, SchemaNode>;
  items?: SchemaNode;
}

function schemaAt(schema: SchemaNode, path: string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  for (const name of path) {
    node =
      node?.properties?.[name] ??
      Object.values(node?.patternProperties ?? {})[0] ??
      node?.items;
  }
  return node;
}

function propertiesAt(schema: SchemaNode, path: string[]) {
  return schemaAt(schema, path)?.properties ?? {};
}

function describe(schema: SchemaNode, path: string[]): string {
  return schemaAt(schema, path)?.description ?? 'another value';
}

function valueAt(value: unknown, path: string[]): unknown {
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
