import type { FaultFacts } from '@kickd/protocol';
import type { ConfigFile } from './schema.ts';
import type { Settings } from './settings.ts';

/** Settings of puppet.conf by which the report and the locks of a run are found. */
const ofRuns = [
  'agent_catalog_run_lockfile',
  'agent_disabled_lockfile',
  'lastrunfile',
  'lastrunreport',
  'statedir',
];

/**
 * What kickd needs of puppet.conf and nobody knows: it uses a variable that only Puppet knows, and Puppet was not asked
 * or did not answer. What the configuration gives by itself is not needed.
 * @param doesRuns whether this process looks after runs; the listener does not
 */
export function unknownPlaces(
  { certname, tls = {}, cm }: ConfigFile,
  { puppet }: Settings,
  doesRuns: boolean,
): FaultFacts[] {
  const { unknown = {} } = puppet;
  const isOwnName = certname === undefined || certname === puppet.certname;
  const profile = cm?.profiles?.[cm.default ?? 'puppet-agent'];
  const isPuppetRun = (profile?.type ?? 'puppet-agent') === 'puppet-agent';
  const needed = [
    // the rules are asked about it
    'environment',
    ...(certname === undefined ? ['certname'] : []),
    ...(tls.cert === undefined ? [isOwnName ? 'hostcert' : 'ssldir'] : []),
    ...(tls.key === undefined ? [isOwnName ? 'hostprivkey' : 'ssldir'] : []),
    ...(tls.ca === undefined ? ['localcacert'] : []),
    ...(tls.crl === undefined ? ['hostcrl'] : []),
    ...(doesRuns && isPuppetRun ? ofRuns : []),
  ];
  return [...new Set(needed)].flatMap((setting) => unknown[setting] ?? []);
}
