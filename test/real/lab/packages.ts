/**
 * The Debian packages that hold the real parts, and their installation without starting any
 * daemon. Used by `npm run test:real`, `npm run demo -- --real` and CI.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mustRun, runCommand } from './command.ts';

/**
 * apache2 brings openssl; puppetserver brings Java; nagios4-core is Nagios without its web pages;
 * git is what ansible-pull fetches with; php-cgi keeps apt from putting PHP into Apache;
 * slowhttptest, sslscan and testssl.sh are scanners.
 */
const labPackages = [
  'ansible-core',
  'apache2',
  'cfengine3',
  'curl',
  'git',
  'icinga2-bin',
  'monitoring-plugins-basic',
  'nagios4-core',
  'php-bcmath',
  'php-cgi',
  'php-cli',
  'php-curl',
  'php-gd',
  'php-mbstring',
  'php-pgsql',
  'php-xml',
  'postgresql',
  'prometheus',
  'prometheus-alertmanager',
  'puppet-agent',
  'puppetserver',
  'slowhttptest',
  'socat',
  'sslscan',
  'testssl.sh',
  'zabbix-frontend-php',
  'zabbix-server-pgsql',
] as const;

/**
 * What makes a box with systemd as process 1 (box.ts). Not installed by default: half a gigabyte with
 * the image, and a container host may have a Docker of its own.
 */
export const boxPackages = ['debootstrap', 'docker.io', 'lintian'] as const;

const policyFile = '/usr/sbin/policy-rc.d';

/** Why the lab cannot run on this machine at all, in one line; undefined when it can. */
export function whyNoLab(): string | undefined {
  if (process.getuid?.() !== 0)
    return 'the real parts need root (they write /etc/puppet and listen on port 80); type: sudo npm run test:real';
  if (!existsSync('/etc/debian_version'))
    return 'the real parts are installed from Debian 12; on another system run it in a container: docker run --rm -it -v "$PWD":/src debian:bookworm';
  return undefined;
}

/** The packages that are not installed yet. */
export async function missingPackages(
  wanted: readonly string[] = labPackages,
): Promise<string[]> {
  const { output } = await runCommand('dpkg-query', [
    '-W',
    '-f=${Package} ${db:Status-Status}\n',
    ...wanted,
  ]);
  const installed = new Set(
    [...output.matchAll(/^(\S+) installed$/gm)].map((match) => match[1]),
  );
  return wanted.filter((name) => !installed.has(name));
}

/**
 * apt-get update and install. policy-rc.d with 101 keeps apt from starting daemons on the
 * wildcard address; one that is already there is left as it is.
 * @throws Error when this is not root on Debian, or apt fails
 */
export async function installPackages(): Promise<void> {
  const obstacle = whyNoLab();
  if (obstacle !== undefined) throw new Error(obstacle);
  const missing = await missingPackages();
  if (missing.length === 0) return;
  const isOurs = !existsSync(policyFile);
  if (isOurs)
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  else if (!readFileSync(policyFile, 'utf8').includes('101'))
    process.stderr.write(
      `${policyFile} is there and may let daemons start during installation\n`,
    );
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await mustRun('apt-get', ['update', '-q'], { env });
    await mustRun(
      'apt-get',
      ['install', '-y', '-q', '--no-install-recommends', ...missing],
      { env },
    );
  } finally {
    if (isOurs) rmSync(policyFile);
  }
}
