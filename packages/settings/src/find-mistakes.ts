import { printable } from '@kickd/protocol';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { nearest } from './nearest.ts';
import type { Path } from './parse-yaml.ts';

/** One thing that a schema does not want, and where it stands. */
export type Mistake = {
  /** where it stands */
  at: Path;
  of: 'key' | 'value';
  /** what it is about */
  path: Path;
} & (
  | { kind: 'invalid'; found: string; wanted: string }
  | { kind: 'unknown-key'; near: string | undefined; known: string[] }
);

/**
 * Every mistake in a value: at least one where it does not fit the schema. What is wrong within one of several that a value
 * may be is told only where it is clear which of them was meant.
 */
export function findMistakes(schema: TSchema, value: unknown): Mistake[] {
  const mistakes: Mistake[] = [];
  look(schema, value, []);
  return mistakes;

  function look(wanted: unknown, found: unknown, path: Path): void {
    const before = mistakes.length;
    const variants = listIn(wanted, 'anyOf');
    if (variants !== undefined) {
      lookAtVariants(variants, wanted, found, path);
    } else if (isPlainObject(found)) {
      lookAtKeys(wanted, found, path);
    } else if (Array.isArray(found)) {
      const items = partOf(wanted, 'items');
      if (items !== undefined) {
        for (const [index, item] of found.entries()) {
          look(items, item, [...path, String(index)]);
        }
      }
    }
    if (mistakes.length === before && !fits(wanted, found)) {
      addInvalid(path, show(found), describe(wanted));
    }
  }

  function lookAtKeys(wanted: unknown, found: object, path: Path): void {
    const known = entriesIn(wanted, 'properties');
    const patterns = entriesIn(wanted, 'patternProperties');
    for (const [key, value] of Object.entries(found)) {
      const below = [...path, key];
      const property =
        known.get(key) ??
        [...patterns].find(([pattern]) =>
          new RegExp(pattern, 'u').test(key),
        )?.[1];
      if (property !== undefined) {
        look(property, value, below);
      } else if (known.size === 0 && patterns.size > 0) {
        addInvalid(below, 'a name that cannot stand there', describe(wanted), {
          at: below,
          of: 'key',
        });
      } else if (known.size > 0) {
        const names = [...known.keys()];
        mistakes.push({
          kind: 'unknown-key',
          at: below,
          of: 'key',
          path: below,
          near: nearest(key, names),
          known: names,
        });
      }
    }
    for (const key of listIn(wanted, 'required') ?? []) {
      if (typeof key !== 'string' || Object.hasOwn(found, key)) continue;
      addInvalid([...path, key], 'nothing', describe(known.get(key)), {
        at: path,
        of: 'value',
      });
    }
  }

  function lookAtVariants(
    variants: readonly unknown[],
    wanted: unknown,
    found: unknown,
    path: Path,
  ): void {
    const fitting = variants.find((variant) => fits(variant, found));
    if (fitting !== undefined) return look(fitting, found, path);
    const kinds = isPlainObject(found) ? kindsOf(variants) : undefined;
    if (kinds === undefined) {
      return addInvalid(path, show(found), describe(wanted));
    }
    const { key, byName } = kinds;
    const kind = partOf(found, key);
    const meant = byName.find(([name]) => name === kind)?.[1];
    if (meant !== undefined) return look(meant, found, path);
    addInvalid(
      [...path, key],
      show(kind),
      oneOf(byName.map(([name]) => name)),
      kind === undefined ? { at: path, of: 'value' } : undefined,
    );
  }

  function addInvalid(
    path: Path,
    found: string,
    wanted: string,
    place: Pick<Mistake, 'at' | 'of'> = { at: path, of: 'value' },
  ): void {
    mistakes.push({ kind: 'invalid', path, found, wanted, ...place });
  }
}

/** The key by which variants are told apart, e.g. `type`: each has a word of its own for it. */
function kindsOf(
  variants: readonly unknown[],
): { key: string; byName: [unknown, unknown][] } | undefined {
  const [first] = variants;
  for (const key of entriesIn(first, 'properties').keys()) {
    const byName = variants.map((variant): [unknown, unknown] => [
      partOf(entriesIn(variant, 'properties').get(key), 'const'),
      variant,
    ]);
    if (byName.every(([name]) => name !== undefined)) return { key, byName };
  }
  return undefined;
}

/** What is wanted, in the schema's own words. */
function describe(schema: unknown): string {
  const description = partOf(schema, 'description');
  if (typeof description === 'string') return description;
  const words =
    listIn(schema, 'enum') ??
    listIn(schema, 'anyOf')?.map((variant) => partOf(variant, 'const'));
  return words?.every((word) => typeof word === 'string') === true
    ? oneOf(words)
    : 'another value';
}

function oneOf(words: readonly unknown[]): string {
  return `one of ${words.map(String).join(', ')}`;
}

function fits(schema: unknown, value: unknown): boolean {
  // It is a part of a schema that typebox made.
  return Value.Check(schema as TSchema, value);
}

function show(value: unknown): string {
  // JSON has no word for them.
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return String(value);
  }
  return printable(JSON.stringify(value) ?? 'nothing', 80);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own property, never one that every object has. */
function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}

function listIn(schema: unknown, keyword: string): unknown[] | undefined {
  const found = partOf(schema, keyword);
  return Array.isArray(found) ? found : undefined;
}

function entriesIn(schema: unknown, keyword: string): Map<string, unknown> {
  const found = partOf(schema, keyword);
  return new Map(
    typeof found === 'object' && found !== null ? Object.entries(found) : [],
  );
}
