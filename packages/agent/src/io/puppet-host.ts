import { accessSync, constants, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { execa } from 'execa';
import {
  locatePuppet,
  parsePuppetConfigPrint,
  type PuppetPlaces,
} from '@kickd/mtls';
import { confArguments } from '../cm/puppet-conf-arguments.ts';

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

/**
 * The same places as Puppet itself resolves them; takes most of a second, so it is asked once, at
 * start. Must be asked as the user that runs Puppet: as another it silently tells of `~/.puppet`.
 * @returns an empty record when Puppet does not answer
 */
export async function askPuppet(
  binary: string,
  confFile: string | undefined,
): Promise<Record<string, string>> {
  const conf = confArguments(confFile);
  const result = await execa(
    binary,
    ['config', 'print', '--section', 'agent', ...conf],
    {
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        HOME: userInfo().homedir,
      },
      extendEnv: false,
      timeout: 20 * 1000,
      reject: false,
      maxBuffer: 1024 * 1024,
      stdin: 'ignore',
    },
  );
  return result.failed ? {} : parsePuppetConfigPrint(result.stdout);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
