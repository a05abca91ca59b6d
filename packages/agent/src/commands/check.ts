import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@kickd/protocol';
import { expiryLevel, inspectMaterial, readMaterialSync } from '@kickd/mtls';
import type { Settings } from '../config/settings.ts';
import { differentName } from '../different-name.ts';
import { faults } from '../errors.ts';
import { readAcl } from '../io/acl-file.ts';
import { launcherKind, type LauncherKind } from '../io/choose-launcher.ts';
import { unitCredentials } from '../io/listener-unit.ts';
import { loadSettings } from '../io/load-settings.ts';
import { checkProbes } from './check-probes.ts';
import { checkStandbys } from './check-standbys.ts';
import { checkTools } from './check-tools.ts';
import { fine, finding, type Finding } from './finding.ts';

/**
 * Everything that kickd needs to start and to do its work. Nothing is changed: of the CM tools the version is asked, and each
 * probe is asked once.
 */
export async function check(
  configFile: string | undefined,
  now: Date,
): Promise<Finding[]> {
  const loaded = await loadSettings(configFile);
  if (loaded.kind === 'faults') {
    return loaded.faults.map((fault) =>
      finding('configuration', 'fault', fault),
    );
  }
  const { settings } = loaded;
  return [
    fine('configuration', `${settings.certname}, ${settings.cm.default}`),
    ...checkCertificates(settings, now),
    ...checkAcl(settings),
    ...(await checkTools(settings)),
    ...(await checkProbes(settings)),
    ...(await checkStandbys(settings)),
    fine('runs', runsAs[launcherKind()]),
    ...checkState(settings),
    checkAudit(settings.audit.file),
  ];
}

const runsAs: Record<LauncherKind, string> = {
  unit: 'transient systemd units, kickd-run-ID.service',
  process:
    'process groups (units need root, and systemd 243 or later as process 1)',
};

const words = {
  far: 'more than 30 days ahead',
  month: 'within 30 days',
  week: 'within 7 days',
  day: 'within a day',
  expired: 'which is past',
} as const;

/** What the listener will use: where systemd hands it a key, that one and not Puppet's. */
function checkCertificates(settings: Settings, now: Date): Finding[] {
  const given = unitCredentials() ?? {};
  const source = Object.keys(given).length > 0 ? '; as kickd.service says' : '';
  try {
    const material = readMaterialSync({ ...settings.tls, ...given });
    const inspection = inspectMaterial(material, now, 'server');
    const found = [
      ...inspection.faults,
      ...differentName(inspection, settings),
    ];
    const findings = [
      ...found.map((fault) => finding('certificates', 'fault', fault)),
      ...inspection.warnings.map((fault) =>
        finding('certificates', 'warning', fault),
      ),
    ];
    const [soonest] = inspection.expiries;
    const level = soonest && words[expiryLevel(soonest.at, now)];
    const summary = `${inspection.certname}; first to expire: ${soonest?.what ?? ''} on ${soonest?.at.slice(0, 10) ?? ''}, ${level ?? ''}${source}`;
    return found.length > 0
      ? findings
      : [...findings, fine('certificates', summary)];
  } catch (error) {
    if (error instanceof Fault)
      return [finding('certificates', 'fault', error)];
    throw error;
  }
}

function checkAcl(settings: Settings): Finding[] {
  const { file, anyCertname } = settings.acl;
  const read = readAcl(file, { anyCertname, host: settings.certname });
  if (read.kind === 'faults') {
    return read.faults.map((fault) => finding('acl', 'fault', fault));
  }
  const warnings = read.warnings.map((fault) =>
    finding('acl', 'warning', fault),
  );
  const count = String(read.acl.stanzas.length);
  return [...warnings, fine('acl', `${count} rules in ${file}`)];
}

function checkState(settings: Settings): Finding[] {
  const { state } = settings;
  const parents = [state, state.replace(/\/[^/]*$/, '') || '/'];
  const isWritable = parents.some((directory) => {
    try {
      accessSync(directory, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  return isWritable
    ? [fine('state', state)]
    : [
        finding(
          'state',
          'fault',
          faults.journalUnusable(`${state}/journal.sqlite`, 'not writable'),
        ),
      ];
}

/** Whoever may not write the file itself may be able to make it. */
function checkAudit(file: string): Finding {
  const isThere = existsSync(file);
  try {
    const directory = dirname(file);
    const target = isThere
      ? file
      : existsSync(directory)
        ? directory
        : dirname(directory);
    accessSync(target, constants.W_OK);
    return fine('audit', file);
  } catch (error) {
    return finding('audit', 'fault', faults.auditUnusable(file, error));
  }
}
