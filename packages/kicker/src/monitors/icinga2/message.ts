import { textsOf } from '../message-parts.ts';
import { isObject, messageOfPayload } from '../payload.ts';
import { numberOf, type FoundObject } from './objects.ts';

/** Texts of an object that are longer are no label. */
const textMost = 1000;

/**
 * The message of the spool that says how an object stands: in the form of a StateChange, with the object itself, which
 * has all that a StateChange lacks. Not what the stream said some seconds ago: that may be over by now.
 * @param atMs when it changed, or was found to have changed
 */
export function messageOf(found: FoundObject, atMs: number): string[] {
  const { attrs, joins } = found;
  const isService = typeof attrs['host_name'] === 'string';
  const event = {
    type: 'StateChange',
    host: isService ? attrs['host_name'] : attrs['name'],
    ...(isService ? { service: attrs['name'] } : {}),
    state: attrs['state'],
    state_type: attrs['state_type'],
    timestamp: atMs / 1000,
    acknowledgement: numberOf(attrs['acknowledgement']) > 0,
    downtime_depth: attrs['downtime_depth'],
    check_result: {
      vars_after: {
        attempt: attrs['check_attempt'],
        reachable: attrs['last_reachable'],
      },
    },
  };
  const { host } = joins;
  const object = {
    attrs: withTexts(attrs),
    joins: isObject(host) ? { host: withTexts(host) } : {},
  };
  const value = { event, object };
  return messageOfPayload({ kind: 'json', value, headers: {} });
}

/** Of its variables only what can become a label: they may hold anything, of any size. */
function withTexts(
  attrs: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const vars = Object.entries(textsOf(attrs['vars'])).filter(
    ([, text]) => text.length <= textMost,
  );
  return { ...attrs, vars: Object.fromEntries(vars) };
}
