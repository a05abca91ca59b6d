/** What an event of Zabbix is about. @see https://www.zabbix.com/documentation/6.0/en/manual/config/events */
const sources: Readonly<Record<string, string>> = {
  '1': 'discovery',
  '2': 'autoregistration',
  '3': 'the monitor itself: an item or a rule that does not work',
  '4': 'a business service, which has no host',
};

/**
 * Why a message of Zabbix is no news of a problem: it is of another source than a trigger, or an update, which
 * kicker's own acknowledgements and comments cause as well.
 * @returns undefined: it is a problem or a recovery
 */
export function whyNoProblem({
  source,
  object,
  update,
  host,
  event,
  value,
  message,
}: Readonly<Record<string, unknown>>): string | undefined {
  if ([host, event, value].every(isMacro)) {
    return 'the test of a media type: no macro has a value';
  }
  const note = noteIn(message);
  if (note !== undefined) return `the server says: ${note}`;
  const other = Object.hasOwn(sources, String(source))
    ? sources[String(source)]
    : undefined;
  if (other !== undefined) return `an event about ${other}`;
  if (object === '4' || object === '5') {
    return 'an event about an item or a rule that does not work';
  }
  return update === '1'
    ? 'an update of a problem, and no new state'
    : undefined;
}

/**
 * Somebody took the host, the trigger or the action out of service: the server puts a line in front of the message, and
 * the macros say nothing of it.
 */
export function noteIn(message: unknown): string | undefined {
  return typeof message === 'string'
    ? /^NOTE: (Escalation [^\n]{0,300})/.exec(message)?.[1]
    : undefined;
}

function isMacro(value: unknown): boolean {
  return typeof value === 'string' && /^\{[A-Z][A-Z0-9.]*\}$/.test(value);
}
