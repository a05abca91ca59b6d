import type { HostMemory } from './memory.ts';

const confirmMs = 60 * 60 * 1000;

/**
 * The host after a run that told the version of its policy. A new version is believed at once, unless it
 * may be a time.
 *
 * Puppet's own default is the time at which the catalog was compiled, in seconds since the epoch: another
 * one for each run of the same policy. So a number of ten digits says something only once two runs, an
 * hour or more apart, have told the same; and one that changes with each run says nothing. No clock is
 * asked: those of kicker and of the CM server may be years apart.
 * @param run which run told it: `ID` of one that kicker followed, `ended INSTANT` of one the host told of;
 *   the two are not compared, since they may be one and the same
 * @see https://www.puppet.com/docs/puppet/8/configuration.html#config_version
 */
export function withPolicy(
  host: HostMemory,
  configVersion: string,
  run: string,
  atMs: number,
): HostMemory {
  const version = configVersion.trim();
  if (version === '' || version === host.policy) return host;
  const { toldPolicy, ...rest } = host;
  if (!/^\d{10}$/.test(version)) return { ...rest, policy: version };
  if (toldPolicy?.version === version) {
    const isAnotherRun =
      run !== toldPolicy.run &&
      run.startsWith('ended ') === toldPolicy.run.startsWith('ended ');
    return isAnotherRun && atMs - toldPolicy.atMs >= confirmMs
      ? { ...rest, policy: version }
      : host;
  }
  const told = { ...rest, toldPolicy: { version, run, atMs } };
  if (toldPolicy === undefined) return told;
  const { policy: _saysNothing, ...unsaid } = told;
  return unsaid;
}
