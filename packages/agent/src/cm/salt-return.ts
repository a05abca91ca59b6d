import { resourceName, type Tally } from './tool-end.ts';

/** What kickd reads of the return of `state.apply`. */
export type SaltReturn =
  | ({ kind: 'states' } & Tally & {
        /** states that would have changed something: a test run */
        pending: readonly string[];
      })
  /** the states were not run: they do not compile, or another run is in progress */
  | { kind: 'errors'; errors: readonly string[] };

/**
 * Reads `{"local": {"service_|-ID_|-NAME_|-running": {name, result, changes, comment, …}}}`.
 * A result of true with changes is a correction, false a failure, null (a test run) what a real run
 * would do. Where states cannot run at all, `local` is a list of texts or one text.
 * Comments and changes stay where they are: they hold diffs and the output of commands.
 * @returns undefined when the text is no such return
 * @see salt: doc/ref/states/testing.rst; salt/state.py, State.call
 */
export function parseSaltReturn(text: string): SaltReturn | undefined {
  const local = localOf(text);
  if (Array.isArray(local)) {
    return { kind: 'errors', errors: local.map(inWords) };
  }
  if (typeof local === 'string' || typeof local === 'boolean') {
    return { kind: 'errors', errors: [inWords(local)] };
  }
  if (!isRecord(local)) return undefined;
  const changes: string[] = [];
  const failures: string[] = [];
  const pending: string[] = [];
  for (const [key, state] of statesOf(local)) {
    if (!isRecord(state) || !('result' in state)) return undefined;
    const name = nameOf(key, state);
    const { result } = state;
    if (result === null) pending.push(name);
    // true, false, or what a module of one's own gave by mistake
    else if (result !== true) failures.push(name);
    else if (hasChanges(state['changes'])) changes.push(name);
  }
  return {
    kind: 'states',
    changed: changes.length,
    failed: failures.length,
    changes,
    failures,
    pending,
    ...(failures[0] !== undefined && { reason: `${failures[0]} failed` }),
  };
}

/** How many places of the text are tried as the beginning of the return. */
const beginningsMax = 8;

/**
 * What `local` holds. A warning, or the output of a program that a grain started, may stand in front of the return and
 * behind it; the return itself begins and ends a line.
 */
function localOf(text: string): unknown {
  const whole = parseLocal(text);
  if (whole !== undefined) return whole;
  const end = text.lastIndexOf('\n}') + 2;
  const trimmed = end > 1 ? text.slice(0, end) : text;
  let at = trimmed.length;
  for (let tried = 0; tried < beginningsMax && at > 0; tried++) {
    at = trimmed.lastIndexOf('\n{', at - 1);
    const local = parseLocal(trimmed.slice(at + 1));
    if (local !== undefined) return local;
  }
  return undefined;
}

function parseLocal(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed['local'] : undefined;
  } catch {
    return undefined;
  }
}

/** In the order in which they ran, so that the first failure is the one that the others follow from. */
function statesOf(local: Record<string, unknown>): [string, unknown][] {
  const numberOf = (state: unknown): number => {
    const number = isRecord(state) ? state['__run_num__'] : undefined;
    return typeof number === 'number' ? number : Infinity;
  };
  return Object.entries(local).toSorted(([, left], [, right]) => {
    const [first, second] = [numberOf(left), numberOf(right)];
    return first === second ? 0 : first - second;
  });
}

function inWords(error: unknown): string {
  return typeof error === 'string'
    ? error
    : `salt returned ${JSON.stringify(error)}`;
}

/** `service[apache2]` from `service_|-ID_|-apache2_|-running`; the name may hold the separator. */
function nameOf(key: string, state: Record<string, unknown>): string {
  const [module = 'state', id = 'unnamed', ...rest] = key.split('_|-');
  const named = titleOf(state['name']) ?? rest.slice(0, -1).join('_|-');
  return resourceName(module, named === '' ? id : named);
}

/** The name of a state is a text; YAML makes a number of a port, and a list of several packages. */
function titleOf(name: unknown): string | undefined {
  if (typeof name === 'string') return name;
  if (typeof name === 'number' || typeof name === 'boolean')
    return String(name);
  if (Array.isArray(name)) return name.map(String).join(', ');
  return undefined;
}

/** A dict as a rule; some modules give a list, a text, or true. */
function hasChanges(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null
    ? Object.keys(changes).length > 0
    : Boolean(changes);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
