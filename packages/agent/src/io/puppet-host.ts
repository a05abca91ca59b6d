import { accessSync, constants, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { locatePuppet, type PuppetPlaces } from '@kickd/mtls';

const binaries = ['/opt/puppetlabs/bin/puppet', '/usr/bin/puppet'];

/** Puppet's packages put it in one of two places; PATH is not asked. */
export function findPuppet(): string | undefined {
  return binaries.find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Puppet's places as puppet.conf tells them, without starting Puppet. */
export function locatePuppetHere(confFile: string | undefined): PuppetPlaces {
  return locatePuppet({
    files: { readText },
    env: {
      isRoot: process.getuid?.() === 0,
      home: userInfo().homedir,
      hostname: hostname(),
    },
    ...(confFile !== undefined && { confFile }),
  });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
