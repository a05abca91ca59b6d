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
