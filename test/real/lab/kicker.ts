/**
 * kicker of this checkout, called by Nagios as user nagios through deploy/nagios/handle_puppetrun,
 * with the real certificate of monitor.example.com in files that nagios can read.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertFiles } from './certs.ts';
import {
  mustRun,
  plainEnvironment,
  runCommand,
  type Finished,
} from './command.ts';
import { nagiosCommandFile, objectsFile, statusFile } from './nagios-config.ts';
import { checkout, monitorHost, stateFolder } from './places.ts';

const home = join(stateFolder, 'kicker');

/** What Nagios's event handler needs in its environment, for `startNagios`. */
export interface HandlerEnvironment extends Record<string, string> {
  KICKER: string;
  KICKER_CONFIG: string;
  KICKER_SPOOL: string;
}

/**
 * Writes kicker.yaml, its rules and an empty ledger's folder.
 * @param more lines of kicker.yaml, at its top level
 */
export async function writeKickerConfig(
  files: CertFiles,
  { rules = labRules, more = '' }: { rules?: string; more?: string } = {},
): Promise<HandlerEnvironment> {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const config = join(home, 'kicker.yaml');
  writeFileSync(
    config,
    `certname: ${monitorHost.name}
tls:
  cert: ${files.cert}
  key: ${files.key}
  ca: ${files.ca}
  crl: ${files.crl}
nagios:
  commandFile: ${nagiosCommandFile}
  statusFile: ${statusFile}
  objectsFile: ${objectsFile}
ledger: ${home}/ledger.sqlite
rules: ${home}/rules.yaml
${more}`,
  );
  writeFileSync(join(home, 'rules.yaml'), rules);
  await mustRun('chown', ['-R', 'nagios:nagios', home]);
  return {
    KICKER: join(checkout, 'packages/kicker/bin/kicker'),
    KICKER_CONFIG: config,
    // made by whoever serves; without one the handler starts kicker itself
    KICKER_SPOOL: join(home, 'spool'),
  };
}

/**
 * The lab breaks one service again and again, minutes after its repair: what would stop kicker on a real
 * monitor (cool-down, attempts, relapse, flapping) is put out of the way.
 */
const labRules = `rules:
  - name: lab
    match: { host: '*' }
    coolDownSeconds: 0
    attempts: { perProblem: 10, perPeriod: 100 }
    futility: { runs: 10, relapseSeconds: 0 }
guards:
  hostIntervalSeconds: 0
  flapping: { low: 98, high: 99 }
`;

/** Any command of kicker's, as user nagios. */
export function runKicker(args: readonly string[]): Promise<Finished> {
  const [program, ...rest] = kickerCommand(args);
  return runCommand(program, rest, { env: plainEnvironment });
}

/** The command that starts kicker as user nagios, in the environment that it is given. */
export function kickerCommand(args: readonly string[]): [string, ...string[]] {
  return [
    'setpriv',
    '--reuid=nagios',
    '--regid=nagios',
    '--init-groups',
    join(checkout, 'packages/kicker/bin/kicker'),
    ...args,
  ];
}
