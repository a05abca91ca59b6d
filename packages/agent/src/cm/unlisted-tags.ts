import type { RunScope } from '../run/scope.ts';

/**
 * Why a kick's tags cannot be served by a tool that runs whatever it is told by name. Puppet's tags
 * only ever narrow a run; a bundle or an SLS file may do what no plain run does, so this host says
 * which of them a kick may name.
 * @param setting what the list is called in the configuration
 */
export function unlistedTags(
  { tags = [] }: RunScope,
  listed: readonly string[],
  setting: string,
): string | undefined {
  const unlisted = tags.filter((tag) => !listed.includes(tag));
  return unlisted.length === 0
    ? undefined
    : `${setting} of this profile does not list ${unlisted.join(', ')}`;
}
