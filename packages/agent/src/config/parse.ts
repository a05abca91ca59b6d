import { printable, type FaultFacts } from '@kickd/protocol';
import { Value } from 'typebox/value';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { faults } from '../errors.ts';
import { ConfigFile, configDefaults } from './schema.ts';

export type ParsedConfig =
  | { kind: 'config'; config: ConfigFile }
  | { kind: 'faults'; faults: FaultFacts[] };

/** The file's text as a configuration, or every mistake in it at once, each with its place. */
export function parseConfig(text: string, file: string): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
  });
  const mistakes = document.errors.map((error) =>
    faults.configInvalid(
      place(file, lines, error.pos[0]),
      printable(error.message),
      'read it back with: kickd check',
    ),
  );
  if (mistakes.length > 0) return { kind: 'faults', faults: mistakes };
  let value: unknown;
  try {
    // an empty file is a configuration of defaults
    value = document.toJS({ maxAliasCount: 10 }) ?? {};
  } catch (error) {
    // an alias of nothing, or one that grows without end
    const what = printable(error instanceof Error ? error.message : '');
    const fault = faults.configInvalid(file, what, 'write it out: no aliases');
    return { kind: 'faults', faults: [fault] };
  }
  if (Value.Check(ConfigFile, value)) {
    const fault = unknownProfile(value, () =>
      place(file, lines, offsetOf(document, ['cm', 'default'])),
    );
    return fault === undefined
      ? { kind: 'config', config: value }
      : { kind: 'faults', faults: [fault] };
  }
  const found = Value.Errors(ConfigFile, value)
    .filter((error) => error.keyword !== 'boolean')
    .map((error) => {
      const path = error.instancePath.split('/').slice(1);
      const unknownKeys: unknown =
        error.keyword === 'additionalProperties'
          ? (error.params as { additionalProperties?: unknown })
              .additionalProperties
          : undefined;
      const keys = Array.isArray(unknownKeys) ? unknownKeys.map(String) : [];
      const at = place(
        file,
        lines,
        offsetOf(document, [...path, ...keys.slice(0, 1)]),
      );
      const name = printable([...path, ...keys].join('.') || 'the file');
      return faults.configInvalid(
        at,
        keys.length > 0
          ? `there is no setting ${name}`
          : `${name} ${printable(error.message)}, found ${shown(value, path)}`,
        'docs/reference/kickd.md lists every setting',
      );
    });
  const seen = new Set<string>();
  return {
    kind: 'faults',
    faults: found.filter(({ message }) => {
      const isNew = !seen.has(message);
      seen.add(message);
      return isNew;
    }),
  };
}

/** Puppet's own profile is there without being named. */
function unknownProfile(
  { cm }: ConfigFile,
  at: () => string,
): FaultFacts | undefined {
  const names = new Set([
    ...Object.keys(cm?.profiles ?? {}),
    configDefaults.profile,
  ]);
  const chosen = cm?.default;
  if (chosen === undefined || names.has(chosen)) return undefined;
  const known = [...names].join(', ');
  return faults.configInvalid(
    at(),
    `cm.default names ${chosen}, which is not among the profiles: ${known}`,
    `add cm.profiles.${chosen}, or choose one of ${known}`,
  );
}

function place(file: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${String(line)}:${String(col)}`;
}

/** Where in the text the value at a path stands; the nearest parent that is there. */
function offsetOf(document: Document, path: string[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function shown(value: unknown, path: string[]): string {
  const found = path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null
        ? (part as Record<string, unknown>)[key]
        : undefined,
    value,
  );
  return printable(JSON.stringify(found) ?? 'nothing', 80);
}
