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
  const shared = { mode: 0o644 };
  writeFileSync(files.cert, texts.cert, shared);
  writeFileSync(files.key, texts.key, { mode: 0o640 });
  writeFileSync(files.ca, texts.ca, shared);
  writeFileSync(files.crl, texts.crl, shared);
  return files;
}
