import type { TlsFiles } from '@kickd/mtls';

/**
 * Which of the TLS files a unit hands to its service (`LoadCredential=`), by the names that kickd knows.
 * @param text of the unit and its drop-ins: an empty setting takes back those before it
 */
export function parseUnitCredentials(text: string): Partial<TlsFiles> {
  let found: Partial<TlsFiles> = {};
  for (const line of text.split('\n')) {
    const value = /^\s*LoadCredential=(.*)$/.exec(line)?.[1]?.trim();
    if (value === undefined) continue;
    const [, name, file] = /^(cert|key|ca|crl)\.pem:(\/.*)$/.exec(value) ?? [];
    if (value === '') found = {};
    else if (name !== undefined) found = { ...found, [name]: file };
  }
  return found;
}
