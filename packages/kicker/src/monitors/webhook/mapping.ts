import { jsonpath } from 'json-p3';
import type { MappingFile } from './mapping-schema.ts';

/** Elements of a message, each with its place in it. */
type Each = (value: unknown) => readonly { at: string; value: unknown }[];

/** @returns every value at that place, none where there is nothing */
export type Find = (value: unknown) => readonly unknown[];
type Fits = (value: unknown) => boolean;

interface StateCase {
  fits: Fits;
  /** either of the two */
  state?: 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
  isConfirmed: boolean;
  ignore?: string;
}

/** One field, with its place as a person wrote it. */
export interface Field {
  path: string;
  find: Find;
}

export interface SubjectCase {
  fits: Fits;
  host: Field;
  hostIs: 'name' | 'name-and-port' | 'url';
  /** the first that is there; none: it is about the host */
  service?: readonly Field[];
}

/** A mapping file, its paths compiled once. */
export interface Mapping {
  format: 'json' | 'cloudevents';
  each?: Each;
  states: readonly StateCase[];
  subjects: readonly SubjectCase[];
  fields: Partial<
    Record<
      | 'address'
      | 'since'
      | 'at'
      | 'acknowledgedBy'
      | 'inDowntime'
      | 'groups'
      | 'labels',
      Find
    >
  >;
  problem?: readonly Find[];
}

/** @param file one that its schema takes */
export function compileMapping(file: MappingFile): Mapping {
  const { each, problem } = file;
  return {
    format: file.format ?? 'json',
    ...(each === undefined ? {} : { each: compileEach(each) }),
    states: file.states.map(({ when, state, confirmed, ignore }) => ({
      fits: compileWhen(when),
      ...(state === undefined ? {} : { state }),
      isConfirmed: confirmed ?? true,
      ...(ignore === undefined ? {} : { ignore }),
    })),
    subjects: file.subjects.map(({ when, host, hostIs, service }) => ({
      fits: compileWhen(when ?? {}),
      host: compileField(host),
      hostIs: hostIs ?? 'name',
      ...(service === undefined
        ? {}
        : { service: [service].flat().map(compileField) }),
    })),
    fields: Object.fromEntries(
      fieldNames.flatMap((name) => {
        const path = file[name];
        return path === undefined ? [] : [[name, compilePath(path)]];
      }),
    ),
    ...(problem === undefined ? {} : { problem: problem.map(compilePath) }),
  };
}

const fieldNames = [
  'address',
  'since',
  'at',
  'acknowledgedBy',
  'inDowntime',
  'groups',
  'labels',
] as const;

function compilePath(path: string): Find {
  const query = jsonpath.compile(path);
  return (value) => {
    // It walks objects and arrays alone.
    if (typeof value !== 'object' || value === null) return [];
    return query.query(value as never).values();
  };
}

function compileEach(path: string): Each {
  const query = jsonpath.compile(path);
  return (value) =>
    typeof value !== 'object' || value === null
      ? []
      : Array.from(query.query(value as never), (node) => ({
          at: shownPath(node.path),
          value: node.value,
        }));
}

/** A normalized path as a person writes it: `alerts[0]` for `$['alerts'][0]`. */
function shownPath(path: string): string {
  return path.replaceAll(/\['([A-Za-z_]\w*)'\]/g, '.$1').replace(/^\$\.?/, '');
}

function compileField(path: string): Field {
  return { path, find: compilePath(path) };
}

type Condition = MappingFile['states'][number]['when'][string];

function compileWhen(when: Readonly<Record<string, Condition>>): Fits {
  const tests = Object.entries(when).map(([path, condition]) => {
    const find = compilePath(path);
    const isWanted = compileCondition(condition);
    return (value: unknown) => isWanted(find(value));
  });
  return (value) => tests.every((test) => test(value));
}

function compileCondition(
  condition: Condition,
): (found: readonly unknown[]) => boolean {
  if (Array.isArray(condition)) {
    const tests = condition.map(compileCondition);
    return (found) => tests.some((test) => test(found));
  }
  if (condition === null) return (found) => !isThere(found);
  if (typeof condition === 'object') {
    if ('present' in condition) {
      return (found) => isThere(found) === condition.present;
    }
    const regex = new RegExp(condition.matches, 'u');
    return (found) => {
      const [value] = found;
      return typeof value === 'string' && regex.test(value);
    };
  }
  return (found) => found.length === 1 && found[0] === condition;
}

/** An empty text and null are as good as nothing. */
function isThere(found: readonly unknown[]): boolean {
  return found.some((value) => value !== null && value !== '');
}
