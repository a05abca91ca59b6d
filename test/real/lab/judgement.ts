/**
 * The lab with everything that kicker's judgement needs: four hosts in one host group, of which kickd and Puppet
 * manage the first, services that a test breaks at will, a resident kicker that calls a person in all
 * three ways, and a policy that names its version.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueForNagios } from './certs.ts';
import {
  flagFile,
  flagObjects,
  hostObject,
  setFlag,
  writeFlags,
  type FlagHost,
} from './flags.ts';
import { auditorName, startKickd, type Kickd } from './kickd.ts';
import { writeKickerConfig } from './kicker.ts';
import { startLab, type Lab } from './lab.ts';
import { startNagios, type Nagios } from './nagios.ts';
import { waitService } from './nagios-data.ts';
import { monitorHost, stateFolder, webHost } from './places.ts';
import { writePolicyVersion, writeSite } from './policy.ts';
import { runAgent } from './puppet.ts';
import { startResident, type Resident } from './resident.ts';

/** The only host with a kickd; nobody listens on the others' ports. */
export const web = webHost.name;
export const shopHosts = [
  web,
  'shop2.example.com',
  'shop3.example.com',
  'shop4.example.com',
] as const;
/** the service by which kicker calls a person */
export const pageService = 'kicker';
/** how long after a run Nagios has to see the service green */
export const verifySeconds = 5;

export interface JudgementLab {
  lab: Lab;
  kickd: Kickd;
  nagios: Nagios;
  resident: Resident;
  /** what the command that calls a person was given, oldest first */
  pages(): Page[];
  /** breaks services, and lets Nagios see all of it at once */
  breakAll(hosts: readonly string[], service: string): void;
  /** puts it up by hand, and waits until Nagios knows */
  mend(host: string, service: string): Promise<void>;
  close(): Promise<void>;
}

interface Page {
  about: string;
  reason: string;
  subject: string;
}

const pageLog = join(stateFolder, 'pages.jsonl');
const pageCommand = join(stateFolder, 'page');

/** What would make a test wait for minutes is short; the guards themselves are as they come. */
const rules = `rules:
  - name: lab
    match: { host: '*' }
    coolDownSeconds: 0
    verifySeconds: ${verifySeconds}
    attempts: { perProblem: 10, perPeriod: 100 }
    futility: { relapseSeconds: 0 }
    tell: { comment: true, acknowledge: true, escalate: [comment, passive, command] }
guards:
  storm: { exitDelaySeconds: 5 }
  hostIntervalSeconds: 0
  flapping: { low: 98, high: 99 }
`;

/** Starts everything; about a minute. */
export async function startJudgementLab(): Promise<JudgementLab> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of closers.splice(0).toReversed()) await stop();
  };
  try {
    const lab = await startLab({ ca: 'own' });
    closers.push(() => lab.close());
    const kickd = await startKickd({
      agentFiles: lab.agentFiles,
      auditorFiles: await issueForNagios(auditorName),
    });
    closers.push(() => kickd.close());
    const hosts = shopHosts.map((name, index): FlagHost => {
      const address = `127.0.0.${String(11 + index)}`;
      return {
        name,
        address,
        services: name === web ? ['APP', 'SHOP'] : ['SHOP'],
      };
    });
    writeFlags(hosts);
    writePager();
    await applyPolicy('policy-1', []);
    const env = await writeKickerConfig(lab.kickerFiles, {
      rules,
      more: `escalate:
  command: [${pageCommand}]
  passive: { host: ${monitorHost.name}, service: ${pageService} }
serve: { policySeconds: 3 }
`,
    });
    // It makes the spool, and handlers fall back to the one-shot kicker where there is none.
    const resident = await startResident(env.KICKER_CONFIG);
    closers.push(() => resident.close());
    const nagios = await startNagios({
      env,
      checkSeconds: 2,
      retrySeconds: 1,
      objects: objectsOf(hosts),
    });
    closers.push(() => nagios.close());
    for (const { name, services } of hosts) {
      for (const service of services) {
        await waitService(name, service, 'checked', isUp);
      }
    }
    return {
      lab,
      kickd,
      nagios,
      resident,
      pages: () =>
        readFileSync(pageLog, 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Page),
      breakAll: (broken, service) => {
        for (const host of broken) setFlag(host, service, 'down');
        for (const host of broken) {
          nagios.command(`SCHEDULE_FORCED_SVC_CHECK;${host};${service};0`);
        }
      },
      mend: async (host, service) => {
        setFlag(host, service, 'up');
        nagios.command(`SCHEDULE_FORCED_SVC_CHECK;${host};${service};0`);
        await waitService(host, service, 'OK', isUp);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export const isUp = (block: Readonly<Record<string, string>>): boolean =>
  block['has_been_checked'] === '1' && block['current_state'] === '0';

/**
 * A policy that keeps these services of the managed host up, under a version of its own; and the host has seen
 * it, by a run that changed nothing: as when somebody looks what a new policy would do.
 */
export async function applyPolicy(
  version: string,
  services: readonly string[],
): Promise<void> {
  await writePolicyVersion(version);
  await writeSite(
    services
      .map(
        (service) => `  file { '${flagFile(web, service)}':
    ensure  => file,
    content => "up\\n",
  }
`,
      )
      .join(''),
  );
  const run = await runAgent({ more: ['--noop'] });
  if (run.exitCode !== 0 && run.exitCode !== 2) {
    throw new Error(`the noop run failed:\n${run.output}`);
  }
}

/** The operator's own command: it keeps what it is given, a line a call. */
function writePager(): void {
  writeFileSync(pageLog, '');
  // written by whoever kicker runs as; a mode at creation would be cut by the umask
  chmodSync(pageLog, 0o666);
  writeFileSync(pageCommand, `#!/bin/sh\n{ cat; echo; } >>${pageLog}\n`, {
    mode: 0o755,
  });
}

function objectsOf(hosts: readonly FlagHost[]): string {
  return `${flagObjects(hosts.map((host) => ({ ...host, isNew: host.name !== web })))}
define hostgroup {
    hostgroup_name          shop
    alias                   the shop
    members                 ${hosts.map(({ name }) => name).join(',')}
}
${hostObject(monitorHost.name, monitorHost.address)}define service {
    use                     generic-service
    host_name               ${monitorHost.name}
    service_description     ${pageService}
    check_command           lab-up
    active_checks_enabled   0
    passive_checks_enabled  1
    max_check_attempts      1
    check_freshness         0
}
`;
}
