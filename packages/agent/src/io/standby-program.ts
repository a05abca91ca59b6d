import { existsSync, openSync, readSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from './puppet-host.ts';

/** From this file, or from the chunk of the build that holds it. */
const places = ['../../puppet', '../puppet', 'puppet'];
/** of the packages of Puppet's and OpenVox's makers, where `puppet` is a shell script */
const ownRuby = '/opt/puppetlabs/puppet/bin/ruby';

/**
 * With what a Puppet is loaded ahead: the Ruby that `puppet` itself runs on, and kickd's program beside this one.
 * @returns undefined: one of them was not found
 */
export function findStandbyProgram(
  puppet: string,
): { ruby: string; program: string } | undefined {
  const program = places
    .map((place) => join(import.meta.dirname, place, 'kickd_standby.rb'))
    .find((file) => existsSync(file));
  const ruby = rubyOf(puppet);
  return program === undefined || ruby === undefined
    ? undefined
    : { ruby, program };
}

function rubyOf(puppet: string): string | undefined {
  if (!isExecutable(puppet)) return undefined;
  const [, named] = /^#!(\/\S*\/ruby[\d.]*)\s/.exec(firstBytes(puppet)) ?? [];
  return [named, ownRuby].find(
    (file) => file !== undefined && isExecutable(file),
  );
}

/** @returns '' where there is no such file */
function firstBytes(file: string): string {
  if (!existsSync(file)) return '';
  const head = Buffer.alloc(200);
  const fd = openSync(file, 'r');
  try {
    return head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}
