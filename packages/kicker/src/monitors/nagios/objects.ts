import { nameOfBinary } from '../../events/name-bytes.ts';

/**
 * The host groups in Nagios's object cache: `define hostgroup {` with `hostgroup_name` and `members`,
 * everything inherited and expanded already.
 * @param text one character a byte (`latin1`), so that names keep theirs
 * @returns group → the hosts in it
 * @see Nagios Core, common/objects.c, fcache_hostgroup
 */
export function parseHostGroups(
  text: string,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  const blocks = text.matchAll(
    /^define hostgroup \{\n((?:\t(?!\}$).*\n)*)\t\}$/gm,
  );
  for (const [, body = ''] of blocks) {
    const name = /^\thostgroup_name\t(.*)$/m.exec(body)?.[1];
    const members = /^\tmembers\t(.*)$/m.exec(body)?.[1] ?? '';
    if (name === undefined) continue;
    groups.set(
      nameOfBinary(name),
      nameOfBinary(members)
        .split(',')
        .filter((member) => member !== ''),
    );
  }
  return groups;
}

/**
 * Names with an apostrophe, of host groups and of services that have an event handler: the command line that Nagios
 * gives to a shell is broken by them, and no event comes from there.
 * @param text one character a byte (`latin1`)
 * @returns each once: `HOST / SERVICE`, or the group
 */
export function findQuotedNames(text: string): string[] {
  const found = new Set<string>();
  if (!text.includes("'")) return [];
  for (const [, kind, body = ''] of text.matchAll(
    /^define (service|hostgroup) \{\n((?:\t(?!\}$).*\n)*)\t\}$/gm,
  )) {
    const valueOf = (key: string): string | undefined =>
      new RegExp(`^\t${key}\t(.*)$`, 'm').exec(body)?.[1];
    const name =
      kind === 'hostgroup'
        ? valueOf('hostgroup_name')
        : valueOf('event_handler') === undefined
          ? undefined
          : `${valueOf('host_name') ?? ''} / ${valueOf('service_description') ?? ''}`;
    if (name?.includes("'") === true) found.add(nameOfBinary(name));
  }
  return [...found];
}
