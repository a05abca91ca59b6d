import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { web } from '../../../packages/agent/test/fixture.ts';
import type { TlsLab } from '../tls-lab.ts';

export interface Checked {
  name: string;
  certificates: { level: string; code?: string; message: string }[];
}

const checkEach = join(import.meta.dirname, 'check-each.ts');

/** @throws with the name of the site at which the process died */
export async function checkAll(dir: string): Promise<Map<string, Checked>> {
  const checker = await execa(process.execPath, [checkEach, dir], {
    reject: false,
  });
  const lines = checker.stdout.trim().split('\n');
  if (checker.failed || lines.at(-1) !== '{"done":true}')
    throw new Error(`died at ${lines.at(-1) ?? 'its start'}`, {
      cause: checker,
    });
  return new Map(
    lines
      .map((line) => JSON.parse(line) as Partial<Checked>)
      .filter((line): line is Checked => line.certificates !== undefined)
      .map((line) => [line.name, line]),
  );
}

/** A certificate of the CA over a key that need not be able to sign anything. */
export function certify(lab: TlsLab, key: string, ...more: string[]): string {
  const place = join(lab.dir, 'openssl');
  writeFileSync(join(place, 'k.key'), key);
  writeFileSync(
    join(place, 'leaf.ext'),
    `extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:${web}\n`,
  );
  lab.openssl('pkey', '-in', 'k.key', '-pubout', '-out', 'k.pub');
  return lab.openssl(
    ...['x509', '-new', '-force_pubkey', 'k.pub', '-days', '90'],
    ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-subj', `/CN=${web}`],
    ...(more.length > 0 ? more : ['-extfile', 'leaf.ext']),
  );
}
