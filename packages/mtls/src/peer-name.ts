import { patterns, printableAscii, type Certname } from '@kickd/protocol';

/** What a certificate says about the name of its holder, as Node gives it. */
export interface NameFacts {
  /** several CNs are an array, as in Node's `subject.CN` */
  commonName: unknown;
  /** `subjectAltName`, e.g. `DNS:web1.example.com, IP Address:192.0.2.1` */
  subjectAltName: string | undefined;
}

export type PeerName =
  | { kind: 'certname'; certname: Certname }
  | {
      kind: 'refused';
      code:
        'PEER_NAME_AMBIGUOUS' | 'PEER_NAME_INVALID' | 'PEER_NAME_NOT_IN_SAN';
      /** printable */
      reason: string;
      /** what stands in the certificate, printable */
      shown: string;
    };

const certnamePattern = new RegExp(patterns.certname);

/**
 * The one certname of a certificate: exactly one CN, in the form that Puppet's CA signs, and among
 * the DNS names where there are any. Never folds case, never reads a wildcard.
 */
export function peerName({ commonName, subjectAltName }: NameFacts): PeerName {
  const names: unknown[] = Array.isArray(commonName)
    ? commonName
    : [commonName];
  const shown = printableAscii(
    names.map((name) => (typeof name === 'string' ? name : '')).join(' + '),
  );
  const refuse = (
    code: Extract<PeerName, { kind: 'refused' }>['code'],
    reason: string,
  ): PeerName => ({ kind: 'refused', code, reason, shown });
  const [name] = names;
  if (names.length > 1)
    return refuse('PEER_NAME_AMBIGUOUS', `several CNs: ${shown}`);
  if (typeof name !== 'string' || name === '')
    return refuse('PEER_NAME_INVALID', 'no CN');
  if (!certnamePattern.test(name))
    return refuse('PEER_NAME_INVALID', `CN ${shown} is not a certname`);
  const dnsNames = dnsNamesOf(subjectAltName);
  if (dnsNames.length > 0 && !dnsNames.includes(name))
    return refuse(
      'PEER_NAME_NOT_IN_SAN',
      `CN ${shown} is not among the DNS names ${printableAscii(dnsNames.join(', '))}`,
    );
  return { kind: 'certname', certname: name };
}

/**
 * The DNS names of Node's text form. A value with an odd character is quoted there, commas
 * included (CVE-2021-44532), so the text is read token by token and a quoted value stays quoted: it
 * can never equal a certname.
 */
function dnsNamesOf(subjectAltName: string | undefined): string[] {
  const entries = subjectAltName?.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
  return entries
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice('DNS:'.length));
}
