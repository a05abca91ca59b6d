import type { PuppetPlaces } from './puppet-places.ts';

/**
 * What to ask Puppet for: `puppet config print --section agent KEYS…`, as the user that runs Puppet.
 * Without `--section agent` it prints the values of [main].
 */
export const puppetPrintKeys = [
  'agent_catalog_run_lockfile',
  'agent_disabled_lockfile',
  'certname',
  'confdir',
  'environment',
  'hostcert',
  'hostcrl',
  'hostprivkey',
  'lastrunfile',
  'lastrunreport',
  'localcacert',
  'publicdir',
  'server',
  'ssldir',
  'statedir',
  'vardir',
] as const;

/** Reads `key = value` lines; warnings and whatever else Puppet prints are left out. */
export function parsePuppetConfigPrint(text: string): Record<string, string> {
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const [, key, value] = /^(\w+) = (.*?)\s*$/.exec(line) ?? [];
    return key === undefined || value === undefined
      ? []
      : [[key, value] as const];
  });
  return Object.fromEntries(pairs);
}

/**
 * Puppet's own answer laid over what was found; a key that it did not print (`publicdir` before 7.0)
 * or printed empty leaves the place as it was; one that it printed is known.
 */
export function mergePuppetPrint(
  places: PuppetPlaces,
  record: Readonly<Record<string, string>>,
): PuppetPlaces {
  const or = (key: (typeof puppetPrintKeys)[number], was: string): string =>
    (Object.hasOwn(record, key) ? record[key] : undefined) || was;
  const { unknown = {}, ...found } = places;
  const still = Object.entries(unknown).filter(([key]) => !record[key]);
  return {
    ...found,
    ...(still.length > 0 && { unknown: Object.fromEntries(still) }),
    certname: or('certname', places.certname),
    confdir: or('confdir', places.confdir),
    ssldir: or('ssldir', places.ssldir),
    tls: {
      cert: or('hostcert', places.tls.cert),
      key: or('hostprivkey', places.tls.key),
      ca: or('localcacert', places.tls.ca),
      crl: or('hostcrl', places.tls.crl),
    },
    vardir: or('vardir', places.vardir),
    statedir: or('statedir', places.statedir),
    publicdir: or('publicdir', places.publicdir),
    lastRunReport: or('lastrunreport', places.lastRunReport),
    lastRunSummary: or('lastrunfile', places.lastRunSummary),
    runLock: or('agent_catalog_run_lockfile', places.runLock),
    disabledLock: or('agent_disabled_lockfile', places.disabledLock),
    environment: or('environment', places.environment),
    server: or('server', places.server),
  };
}
