import { isObject } from '../payload.ts';

/** One open problem with its trigger, its host and its items. */
export interface Problem {
  /** its id */
  event: string;
  trigger: string;
  host: string;
  name: string;
  severity: string;
  tags: readonly { tag: string; value: string }[];
  groups: readonly string[];
  isSuppressed: boolean;
  /** who acknowledged it last, where it is acknowledged */
  acknowledgedBy?: { user: string; message: string };
  /** items that can be asked for a value now */
  items: readonly string[];
  /** the key of the first of its items */
  key: string;
}

/** Types of items that wait for what is sent to them, or are made of others: nothing can ask for a value. */
const passiveItems: ReadonlySet<string> = new Set([
  '2',
  '7',
  '9',
  '15',
  '17',
  '18',
]);
const acknowledgeBit = 2;

/**
 * Reads `problem.get` and the `trigger.get` of its triggers.
 * @returns open problems by their ids; undefined: these are no such answers
 */
export function parseProblems(
  problems: unknown,
  triggers: unknown,
): ReadonlyMap<string, Problem> | undefined {
  if (!Array.isArray(problems) || !Array.isArray(triggers)) return undefined;
  const byId = new Map(
    triggers.flatMap((trigger: unknown) =>
      isObject(trigger) ? [[String(trigger['triggerid']), trigger]] : [],
    ),
  );
  const found = new Map<string, Problem>();
  for (const problem of problems) {
    if (!isObject(problem) || textIn(problem, 'r_eventid', '0') !== '0') {
      continue;
    }
    const trigger = byId.get(String(problem['objectid']));
    const host = listIn(trigger, 'hosts')[0];
    // Disabled, or not to be seen by this user.
    if (trigger === undefined || typeof host?.['host'] !== 'string') continue;
    const items = listIn(trigger, 'items');
    const acknowledged = listIn(problem, 'acknowledges').findLast(
      ({ action }) => (Number(action) & acknowledgeBit) !== 0,
    );
    const event = String(problem['eventid']);
    found.set(event, {
      event,
      trigger: String(problem['objectid']),
      host: host['host'],
      name: String(problem['name']),
      severity: String(problem['severity']),
      tags: listIn(problem, 'tags').map(({ tag, value }) => ({
        tag: String(tag),
        value: String(value),
      })),
      groups: listIn(trigger, 'groups').map(({ name }) => String(name)),
      isSuppressed:
        problem['suppressed'] === '1' || host['maintenance_status'] === '1',
      ...(problem['acknowledged'] === '1'
        ? {
            acknowledgedBy: {
              user: textIn(acknowledged, 'username', 'somebody'),
              message: textIn(acknowledged, 'message', ''),
            },
          }
        : {}),
      items: items
        .filter(({ type }) => !passiveItems.has(String(type)))
        .map(({ itemid }) => String(itemid)),
      key: textIn(items[0], 'key_', ''),
    });
  }
  return found;
}

function listIn(value: unknown, name: string): Record<string, unknown>[] {
  const list = isObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function textIn(
  value: Readonly<Record<string, unknown>> | undefined,
  name: string,
  otherwise: string,
): string {
  const text = value?.[name];
  return typeof text === 'string' ? text : otherwise;
}
