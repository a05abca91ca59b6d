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
}: Readonly<Record<string, unknown>>): string | undefined {
  if ([host, event, value].every(isMacro)) {
    return 'the test of a media type: no macro has a value';
  }
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

function isMacro(value: unknown): boolean {
  return typeof value === 'string' && /^\{[A-Z][A-Z0-9.]*\}$/.test(value);
}
