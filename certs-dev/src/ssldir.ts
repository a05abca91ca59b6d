import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  openPki,
  type KeyKind,
  type Leaf,
  type Pki,
  type StoredPki,
} from './pki.ts';

/** Keeps the PKI itself under `DIR/ca`: certificates, CRLs, and the keys in a file of mode 0600. */
export function writeCa(dir: string, pki: Pki): void {
  const caDir = join(dir, 'ca');
  mkdirSync(caDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(caDir, 'ca_crt.pem'), pki.ca);
  writeFileSync(join(caDir, 'ca_crl.pem'), pki.crl);
  writeFileSync(
    join(caDir, 'pki.json'),
    `${JSON.stringify(pki.stored(), null, 2)}\n`,
    { mode: 0o600 },
  );
}

/** The PKI of an earlier call, or undefined. */
export function readCa(
  dir: string,
  options: { key?: KeyKind },
): Pki | undefined {
  const file = join(dir, 'ca', 'pki.json');
  if (!existsSync(file)) return undefined;
  // written by writeCa; nobody else has business in there
  const stored = JSON.parse(readFileSync(file, 'utf8')) as StoredPki;
  return openPki(stored, options);
}

/**
 * One host's files as Puppet lays them out under its ssldir.
 * @returns the directory
 */
export function writeHost(
  dir: string,
  certname: string,
  leaf: Leaf,
  pki: Pki,
): string {
  const ssldir = join(dir, certname);
  mkdirSync(join(ssldir, 'certs'), { recursive: true, mode: 0o755 });
  mkdirSync(join(ssldir, 'private_keys'), { recursive: true, mode: 0o750 });
  const shared = { mode: 0o644 };
  writeFileSync(join(ssldir, 'certs', `${certname}.pem`), leaf.cert, shared);
  writeFileSync(join(ssldir, 'private_keys', `${certname}.pem`), leaf.key, {
    mode: 0o640,
  });
  writeFileSync(join(ssldir, 'certs', 'ca.pem'), pki.ca, shared);
  writeFileSync(join(ssldir, 'crl.pem'), pki.crl, shared);
  return ssldir;
}

/** Names of the hosts that have files under `dir`. */
export function hostsIn(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() &&
        existsSync(join(dir, entry.name, 'certs', `${entry.name}.pem`)),
    )
    .map(({ name }) => name)
    .sort();
}

/** Gives every host the newest CRLs. @returns the files written */
export function writeCrls(dir: string, pki: Pki): string[] {
  return hostsIn(dir).map((certname) => {
    const file = join(dir, certname, 'crl.pem');
    writeFileSync(file, pki.crl);
    return file;
  });
}
