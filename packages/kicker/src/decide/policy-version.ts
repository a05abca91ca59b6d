const hourMs = 60 * 60 * 1000;

/**
 * What the version of a policy says about whether it changed; undefined: nothing.
 *
 * Puppet's own default is the time at which the catalog was compiled, in seconds since the epoch: another
 * one for each run of the same policy. So a number that is a time near the run says nothing. A site that
 * uses the time of its last commit is believed an hour after that commit.
 * @see https://www.puppet.com/docs/puppet/8/configuration.html#config_version
 */
export function policyVersion(
  configVersion: string,
  runEndedMs: number,
  durationMs: number,
): string | undefined {
  const version = configVersion.trim();
  if (version === '') return undefined;
  if (!/^\d{10}$/.test(version)) return version;
  const compiledMs = Number(version) * 1000;
  const isNear =
    compiledMs >= runEndedMs - durationMs - hourMs &&
    compiledMs <= runEndedMs + hourMs;
  return isNear ? undefined : version;
}
