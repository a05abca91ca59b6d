import {
  mergePuppetPrint,
  type PuppetPlaces,
  type TlsFiles,
} from '@kickd/mtls';
import { configDefaults, type ConfigFile, type Profile } from './schema.ts';

/** The configuration with nothing left open: what the rest of kickd is built from. */
export interface Settings {
  listen: {
    address: string;
    port: number;
    /** of systemd's socket; 0: it never ends by itself */
    idleExitMs: number;
    perSource: { connections: number; perSecond: number };
  };
  certname: string;
  tls: TlsFiles & { minVersion: 'TLSv1.2' | 'TLSv1.3' };
  acl: { file: string; anyCertname: boolean };
  audit: { file: string };
  cm: { default: string; profiles: ReadonlyMap<string, Profile> };
  run: {
    timeoutMs: number;
    graceMs: number;
    minIntervalMs: number;
    kicksPerMinute: number;
    keepMs: number;
    freezeFile: string;
  };
  /** the journal and the output of runs */
  state: string;
  /** the puppet.conf that kickd's own configuration names: Puppet is told to go by it too */
  puppetConf?: string;
  /** what puppet.conf says, for the profiles and the ACL */
  puppet: PuppetPlaces;
}

/**
 * Fills in what the file leaves open: Puppet's own places, then the defaults.
 * @param printed what `puppet config print --section agent` said, where Puppet was asked
 */
export function resolveSettings(
  config: ConfigFile,
  found: PuppetPlaces,
  printed: Record<string, string>,
): Settings {
  const puppet = mergePuppetPrint(found, printed);
  const given = config.cm?.profiles ?? {};
  const profiles = new Map<string, Profile>(Object.entries(given));
  const fallback = configDefaults.profile;
  if (!profiles.has(fallback)) profiles.set(fallback, { type: fallback });
  const chosen = config.cm?.default ?? fallback;
  const run = { ...configDefaults.run, ...config.run };
  const listen = { ...configDefaults.listen, ...config.listen };
  return {
    listen: {
      address: listen.address,
      port: listen.port,
      idleExitMs: listen.idleExitSeconds * 1000,
      perSource: { ...configDefaults.perSource, ...config.listen?.perSource },
    },
    certname: config.certname ?? puppet.certname,
    tls: {
      ...tlsFilesFor(config.certname ?? puppet.certname, puppet),
      minVersion: configDefaults.minVersion,
      ...config.tls,
    },
    acl: { ...configDefaults.acl, ...config.acl },
    audit: { file: auditFileOf(config) },
    cm: { default: chosen, profiles },
    run: {
      timeoutMs: run.timeoutSeconds * 1000,
      graceMs: run.graceSeconds * 1000,
      minIntervalMs: run.minIntervalSeconds * 1000,
      kicksPerMinute: run.kicksPerMinute,
      keepMs: run.keepDays * 24 * 60 * 60 * 1000,
      freezeFile: run.freezeFile,
    },
    state: config.state ?? configDefaults.state,
    ...(config.puppetConf !== undefined && { puppetConf: config.puppetConf }),
    puppet,
  };
}

/** Whoever keeps the journal elsewhere, at a terminal or in a container, has the audit beside it. */
function auditFileOf({ audit, state }: ConfigFile): string {
  return (
    audit?.file ??
    (state === undefined || state === configDefaults.state
      ? configDefaults.auditFile
      : `${state}/audit.log`)
  );
}

/** Puppet's files, or those of another certname in the same ssldir. */
function tlsFilesFor(certname: string, puppet: PuppetPlaces): TlsFiles {
  if (certname === puppet.certname) return puppet.tls;
  return {
    ...puppet.tls,
    cert: `${puppet.ssldir}/certs/${certname}.pem`,
    key: `${puppet.ssldir}/private_keys/${certname}.pem`,
  };
}
