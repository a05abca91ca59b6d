import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM texts of one host: what `pki.issue()` gives, with `pki.ca` and `pki.crl`. */
export interface SslTexts {
  cert: string;
  key: string;
  ca: string;
  crl: string;
}

/**
 * Writes one host's files under `dir` (made if missing) and returns their paths.
 * @returns `{cert, key, ca, crl}` as `TlsFiles` of @kickd/mtls wants them
 */
export function writeSsl(
  dir: string,
  texts: SslTexts,
): { cert: string; key: string; ca: string; crl: string } {
  mkdirSync(dir, { recursive: true });
  const files = {
    cert: join(dir, 'cert.pem'),
    key: join(dir, 'key.pem'),
    ca: join(dir, 'ca.pem'),
    crl: join(dir, 'crl.pem'),
  };
  writeFileSync(files.cert, texts.cert);
  writeFileSync(files.key, texts.key, { mode: 0o640 });
  writeFileSync(files.ca, texts.ca);
  writeFileSync(files.crl, texts.crl);
  return files;
}
