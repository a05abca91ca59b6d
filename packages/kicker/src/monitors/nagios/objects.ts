/**
 * The host groups in Nagios's object cache: `define hostgroup {` with `hostgroup_name` and `members`,
 * everything inherited and expanded already.
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
      name,
      members.split(',').filter((member) => member !== ''),
    );
  }
  return groups;
}
