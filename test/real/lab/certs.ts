/**
 * Certificates as the real CA issues them, for the managed host (with dns_alt_names) and for the
 * kicker.
 *
 * `puppetserver ca generate` makes key, request and certificate in about 2 s;
 * `puppet ssl submit_request` takes 33 s, since it waits for the end of a connection that Jetty
 * keeps open for 30 s. It writes private keys as 0640 puppet:puppet and prints "Error: Signed
 * certificate ... could not be found on the CA" while all is well (it looked for an older one).
 */
import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { monitorHost, puppetPaths, stateFolder, webHost } from './places.ts';

export interface CertFiles {
  cert: string;
  key: string;
  ca: string;
  crl: string;
}

/** Where the kicker's own copies lie: Puppet's private_keys is 0750 puppet:puppet, closed to nagios. */
const kickerFolder = join(stateFolder, 'kicker-ssl');

/**
 * Both certificates; needs a running puppetserver.
 * @returns the agent's files at Debian's paths, and the kicker's in a folder that nagios can read
 */
export async function issueCertificates(): Promise<{
  agent: CertFiles;
  kicker: CertFiles;
}> {
  await Promise.all([
    generate(webHost.name, ['--subject-alt-names', `web1,${webHost.name}`]),
    generate(monitorHost.name),
  ]);
  // Right after the server made its CA this is 0640; an agent's first run would widen it.
  chmodSync(join(puppetPaths.ssl, 'certs/ca.pem'), 0o644);
  return {
    agent: filesOf(webHost.name),
    kicker: await copyForNagios(monitorHost.name),
  };
}

/** Revokes at the CA. The server writes the new list into this machine's crl.pem by itself. */
export async function revoke(certname: string): Promise<void> {
  await mustRun('puppetserver', ['ca', 'revoke', '--certname', certname]);
}

/** A certificate more, in a folder of nagios's: for a caller whom the ACL does not name. */
export async function issueForNagios(certname: string): Promise<CertFiles> {
  await generate(certname);
  return await copyForNagios(certname);
}

async function generate(
  certname: string,
  more: readonly string[] = [],
): Promise<void> {
  await mustRun('puppetserver', [
    'ca',
    'generate',
    '--certname',
    certname,
    ...more,
  ]);
}

function filesOf(certname: string): CertFiles {
  return {
    cert: join(puppetPaths.ssl, 'certs', `${certname}.pem`),
    key: join(puppetPaths.ssl, 'private_keys', `${certname}.pem`),
    ca: join(puppetPaths.ssl, 'certs/ca.pem'),
    crl: join(puppetPaths.ssl, 'crl.pem'),
  };
}

async function copyForNagios(certname: string): Promise<CertFiles> {
  const uid = Number(await mustRun('id', ['-u', 'nagios']));
  const gid = Number(await mustRun('id', ['-g', 'nagios']));
  const from = filesOf(certname);
  const to = {
    cert: join(kickerFolder, `${certname}.pem`),
    key: join(kickerFolder, `${certname}.key.pem`),
    ca: join(kickerFolder, 'ca.pem'),
    crl: join(kickerFolder, 'crl.pem'),
  };
  mkdirSync(kickerFolder, { recursive: true, mode: 0o755 });
  for (const name of ['cert', 'key', 'ca', 'crl'] as const) {
    copyFileSync(from[name], to[name]);
    chownSync(to[name], uid, gid);
    chmodSync(to[name], name === 'key' ? 0o600 : 0o644);
  }
  return to;
}
