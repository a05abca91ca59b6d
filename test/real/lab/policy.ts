/**
 * The policy that Puppet applies to the managed host: class httpd of deploy/puppet, in the
 * production environment. puppetserver reads it at every compile (environment_timeout is 0), so a
 * change counts from the next run.
 */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { checkout, puppetPaths, stateFolder, webHost } from './places.ts';
import { waitFor } from './wait.ts';

const production = join(puppetPaths.code, 'environments/production');
const reachedFile = join(stateFolder, 'slow.reached');
const releaseFile = join(stateFolder, 'slow.release');

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
 * Adds a resource that holds every run until `release()`, at most for two minutes.
 * @param when before Apache is looked at, or after it
 */
export async function writeSlowPolicy(when: 'before' | 'after'): Promise<{
  /** resolves once a run has come to the slow resource: a catalog is being applied */
  waitReached(options: { timeoutMs: number }): Promise<void>;
  /** lets the run go on, and ends a slow resource whose run is gone */
  release(): void;
  /** the next run is held as well */
  hold(): void;
}> {
  const hold = (): void => {
    rmSync(reachedFile, { force: true });
    rmSync(releaseFile, { force: true });
  };
  hold();
  await writeSite(`
  exec { 'slow':
    command => '/bin/sh -c "touch ${reachedFile}; until test -e ${releaseFile}; do sleep 0.1; done"',
    timeout => 120,
    ${when === 'before' ? 'before ' : 'require'} => Class['httpd'],
  }
`);
  return {
    waitReached: async (options) => {
      await waitFor(
        'a run to come to the slow resource',
        () => existsSync(reachedFile) || undefined,
        { ...options, watch: [reachedFile] },
      );
    },
    release: () => writeFileSync(releaseFile, ''),
    hold,
  };
}

/**
 * Names the version of the policy, as a site does that deploys from a repository. Without it Puppet's own is
 * the second of the compilation, another one at each run.
 */
export async function writePolicyVersion(version: string): Promise<void> {
  const script = join(production, 'config_version.sh');
  writeFileSync(script, `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
  writeFileSync(
    join(production, 'environment.conf'),
    `config_version = ${script}\n`,
  );
  await mustRun('chmod', ['-R', 'a+rX', puppetPaths.code]);
}

/** Class httpd, and more Puppet code for the managed host. */
export async function writeSite(more: string): Promise<void> {
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
