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
  if (typeof local === 'string') return { kind: 'errors', errors: [local] };
  if (Array.isArray(local)) {
    return { kind: 'errors', errors: local.map(String) };
  }
  if (!isRecord(local)) return undefined;
  const changes: string[] = [];
  const failures: string[] = [];
  const pending: string[] = [];
  for (const [key, state] of Object.entries(local)) {
    if (!isRecord(state) || !('result' in state)) return undefined;
    const name = nameOf(key, state);
    if (state['result'] === false) failures.push(name);
    else if (state['result'] === null) pending.push(name);
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

function localOf(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed['local'] : undefined;
  } catch {
    return undefined;
  }
}

/** `service[apache2]` from `service_|-ID_|-apache2_|-running`; the name may hold the separator. */
function nameOf(key: string, state: Record<string, unknown>): string {
  const parts = key.split('_|-');
  const title = state['name'];
  return resourceName(
    parts[0] ?? 'state',
    typeof title === 'string' ? title : (parts[2] ?? 'unnamed'),
  );
}

function hasChanges(changes: unknown): boolean {
  if (typeof changes !== 'object' || changes === null) return changes === true;
  return Object.keys(changes).length > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
