/**
 * The policy that Puppet applies to the managed host: class httpd of deploy/puppet, in the
 * production environment. puppetserver reads it at every compile (environment_timeout is 0), so a
 * change counts from the next run.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { checkout, puppetPaths, webHost } from './places.ts';

const production = join(puppetPaths.code, 'environments/production');

/** Writes the policy that keeps Apache running and does nothing else. */
export async function writePolicy(): Promise<void> {
  mkdirSync(join(production, 'manifests'), { recursive: true });
  cpSync(
    join(checkout, 'deploy/puppet/modules/httpd'),
    join(production, 'modules/httpd'),
    { recursive: true },
  );
  await writeSite('');
}

/**
 * Adds a resource that holds every run for `seconds`, before Apache is looked at.
 * @param started a file that the resource makes first: whoever waits for it knows that the
 *   catalog is being applied
 */
export async function writeSlowPolicy(options: {
  seconds: number;
  started: string;
}): Promise<void> {
  await writeSite(`
  exec { 'slow':
    command => '/bin/sh -c "touch ${options.started}; exec sleep ${options.seconds}"',
    before  => Class['httpd'],
  }
`);
}

async function writeSite(more: string): Promise<void> {
  writeFileSync(
    join(production, 'manifests/site.pp'),
    `node '${webHost.name}' {
  include httpd
${more}}

node default {
}
`,
  );
  // The server reads it as user puppet, whatever umask this ran under.
  await mustRun('chmod', ['-R', 'a+rX', puppetPaths.code]);
}
