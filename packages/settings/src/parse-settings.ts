import { printable, type FaultFacts } from '@kickd/protocol';
import type { Static, TSchema } from 'typebox';
import { findMistakes, type Mistake } from './find-mistakes.ts';
import { parseYaml, type Path, type Place } from './parse-yaml.ts';

export type ParsedSettings<Settings> =
  | {
      kind: 'settings';
      settings: Settings;
      /** `FILE:LINE:COL` of a value, or of what stands nearest above it */
      whereOf: (path: Path) => string;
    }
  | { kind: 'faults'; faults: FaultFacts[] };

/** How a program words a mistake. `where` is `FILE:LINE:COL`, `key` as in `hosts.web1.port`; all but the file is printable. */
export interface SettingsWords {
  /** the text is no YAML, or YAML that cannot be a value */
  yaml(where: string, why: string): FaultFacts;
  /** @param wanted what the schema says in `description` */
  invalid(
    where: string,
    key: string,
    found: string,
    wanted: string,
  ): FaultFacts;
  /** @param near the known key that was most likely meant */
  unknownKey(
    where: string,
    key: string,
    near: string | undefined,
    known: readonly string[],
  ): FaultFacts;
  /** what to say of a key that the file held in an earlier version */
  moved?: Readonly<Record<string, (where: string) => FaultFacts>>;
}

/** Whoever has more of them has another file before them. */
const faultsMost = 100;

/**
 * Reads a text of settings by its schema: every mistake at once, in the order of the file, each with file, line and column.
 * An empty text is an empty mapping. A key that the schema does not name is a mistake, whether or not the schema says so.
 * It never throws, whatever the text is: a reload must not end a program.
 */
export function parseSettings<Schema extends TSchema>(
  text: string,
  file: string,
  schema: Schema,
  words: SettingsWords,
): ParsedSettings<Static<Schema>> {
  const where = ({ line, col }: Place): string => `${file}:${line}:${col}`;
  const parsed = parseYaml(text);
  if (parsed.kind === 'flaws') {
    const flaws = parsed.flaws.slice(0, faultsMost);
    const faults = flaws.map(({ at, why }) => words.yaml(where(at), why));
    return { kind: 'faults', faults };
  }
  const { value, placeOf } = parsed.yaml;
  const mistakes = findMistakes(schema, value);
  if (mistakes.length > 0) {
    const faults = mistakes
      .map((mistake) => ({ mistake, at: placeOf(mistake.at, mistake.of) }))
      .toSorted((a, b) => a.at.line - b.at.line || a.at.col - b.at.col)
      .slice(0, faultsMost)
      .map(({ mistake, at }) => faultOf(mistake, where(at), words));
    return { kind: 'faults', faults };
  }
  return {
    kind: 'settings',
    // It has no mistake, so it fits the schema.
    settings: value as Static<Schema>,
    whereOf: (path) => where(placeOf(path, 'value')),
  };
}

function faultOf(
  mistake: Mistake,
  where: string,
  words: SettingsWords,
): FaultFacts {
  const path = mistake.path.join('.');
  const key = printable(path === '' ? 'the file' : path);
  if (mistake.kind === 'invalid') {
    return words.invalid(where, key, mistake.found, mistake.wanted);
  }
  const { moved = {} } = words;
  const makeMoved = Object.hasOwn(moved, path) ? moved[path] : undefined;
  return (
    makeMoved?.(where) ??
    words.unknownKey(where, key, mistake.near, mistake.known)
  );
}
