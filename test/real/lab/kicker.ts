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
import { nagiosCommandFile } from './nagios-config.ts';
import { checkout, monitorHost, stateFolder } from './places.ts';

const home = join(stateFolder, 'kicker');

/**
 * Writes kicker.yaml and an empty ledger's folder.
 * @returns the environment that the handler needs, for `startNagios`
 */
export async function writeKickerConfig(
  files: CertFiles,
): Promise<{ KICKER: string; KICKER_CONFIG: string }> {
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
ledger: ${home}/ledger.sqlite
rules: ${home}/rules.yaml
`,
  );
  writeFileSync(join(home, 'rules.yaml'), labRules);
  await mustRun('chown', ['-R', 'nagios:nagios', home]);
  return {
    KICKER: join(checkout, 'packages/kicker/bin/kicker'),
    KICKER_CONFIG: config,
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
function runKicker(args: readonly string[]): Promise<Finished> {
  return runCommand(
    'setpriv',
    [
      '--reuid=nagios',
      '--regid=nagios',
      '--init-groups',
      '--reset-env',
      join(checkout, 'packages/kicker/bin/kicker'),
      ...args,
    ],
    { env: plainEnvironment },
  );
}
