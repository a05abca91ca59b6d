/**
 * Services that are as a file says: `up`, `warning`, and anything else, or no file, is CRITICAL. So a test breaks
 * what no package of Debian would let it break at will, and Puppet can be made to manage it, or not.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from './places.ts';

const flags = join(stateFolder, 'flags');
const check = join(stateFolder, 'check_flag');

export interface FlagHost {
  name: string;
  address: string;
  services: readonly string[];
}

/** Where the state of a service stands; a policy may manage it. */
export function flagFile(host: string, service: string): string {
  return join(flags, `${host}.${service}`);
}

export function setFlag(
  host: string,
  service: string,
  state: 'up' | 'warning' | 'down',
): void {
  const file = flagFile(host, service);
  if (state === 'down') rmSync(file, { force: true });
  else writeFileSync(file, `${state}\n`);
}

/** Writes the check, and puts every service up. */
export function writeFlags(hosts: readonly FlagHost[]): void {
  rmSync(flags, { recursive: true, force: true });
  mkdirSync(flags, { recursive: true });
  writeFileSync(check, checkScript, { mode: 0o755 });
  for (const { name, services } of hosts) {
    for (const service of services) setFlag(name, service, 'up');
  }
}

const checkScript = `#!/bin/sh
# check_flag HOST SERVICE
read -r state <"${flags}/$1.$2" 2>/dev/null || state=gone
echo "$state"
case $state in
  up) exit 0 ;;
  warning) exit 1 ;;
esac
exit 2
`;

/** Nagios objects: the services, with the healed template of deploy/nagios. @param isNew the host has none yet */
export function flagObjects(
  hosts: readonly (FlagHost & { isNew: boolean })[],
): string {
  const command = `define command {
    command_name    lab-flag
    command_line    ${check} '$HOSTNAME$' '$SERVICEDESC$'
}
`;
  return (
    command +
    hosts
      .map(
        ({ name, address, services, isNew }) =>
          (isNew ? hostObject(name, address) : '') +
          services
            .map(
              (service) => `define service {
    use                     kickd-healed-service
    host_name               ${name}
    service_description     ${service}
    check_command           lab-flag
}
`,
            )
            .join(''),
      )
      .join('')
  );
}

export function hostObject(name: string, address: string): string {
  return `define host {
    use                     linux-server
    host_name               ${name}
    alias                   ${name}
    address                 ${address}
    check_command           lab-up
}
`;
}
