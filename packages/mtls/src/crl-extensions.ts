import {
  contentsOf,
  readElement,
  readInside,
  readInteger,
  readOid,
  tags,
  type DerElement,
} from './der.ts';

/** What the extensions of a CRL say, or why the CRL says less, or more, than a full one. */
export interface CrlExtensions {
  /** absent: RFC 5280 wants one, old CAs write none */
  number: bigint | undefined;
  /** the first extension that makes it no full CRL of its issuer, by name and OID */
  obstacle: string | undefined;
}

/**
 * Extensions that no full CRL has, critical or not: a delta holds only what changed, and the other says that the
 * CRL is about some certificates, some reasons or the certificates of other CAs. OpenSSL takes a delta for a full one.
 */
const partialWhy: Record<string, string> = {
  '2.5.29.27': 'it is a delta CRL, which holds only what changed',
  '2.5.29.28':
    'it is partitioned or indirect, which is about some certificates, some reasons or other CAs',
};

const names: Record<string, string> = {
  '2.5.29.18': 'issuer alternative name',
  '2.5.29.20': 'CRL number',
  '2.5.29.21': 'reason code',
  '2.5.29.23': 'hold instruction',
  '2.5.29.24': 'invalidity date',
  '2.5.29.27': 'delta CRL indicator',
  '2.5.29.28': 'issuing distribution point',
  '2.5.29.29': 'certificate issuer',
  '2.5.29.35': 'authority key identifier',
  '2.5.29.46': 'freshest CRL',
};

const numberOid = '2.5.29.20';
const keyIdOid = '2.5.29.35';
const reasonOid = '2.5.29.21';
const certificateIssuerOid = '2.5.29.29';
/** removeFromCRL: an entry that takes back an earlier one. @see RFC 5280, 5.3.1 */
const removeFromCrl = 8;

/**
 * Extensions of the CRL as a whole.
 * @param list the SEQUENCE OF Extension
 * @throws where they are no extensions
 * @see RFC 5280, 5.2
 */
export function readCrlExtensions(
  der: Buffer,
  list: DerElement,
): CrlExtensions {
  const extensions = readExtensions(der, list);
  const obstacle =
    twiceIn(extensions) ??
    firstOf(extensions, ({ oid, isCritical }) => {
      const why = partialWhy[oid];
      if (why !== undefined) return `${extensionWord(oid, isCritical)}: ${why}`;
      // OpenSSL refuses every other critical one as well, the CRL number included
      return isCritical && oid !== keyIdOid
        ? `${extensionWord(oid, true)}: what it says is not understood here`
        : undefined;
    });
  const number = extensions.find(({ oid }) => oid === numberOid)?.value;
  return {
    obstacle,
    number:
      number && readInteger(number, readElement(number, 0, number.length)),
  };
}

/**
 * Why an entry with these extensions makes its CRL one that is not understood; undefined where it does not.
 * @throws where they are no extensions
 * @see RFC 5280, 5.3
 */
export function entryObstacle(
  der: Buffer,
  list: DerElement,
): string | undefined {
  const extensions = readExtensions(der, list);
  return (
    twiceIn(extensions) ??
    firstOf(extensions, ({ oid, isCritical, value }) => {
      if (oid === certificateIssuerOid)
        return `entry with the ${extensionWord(oid, isCritical)}: it is indirect, about certificates of another CA`;
      if (isCritical)
        return `entry with the ${extensionWord(oid, true)}: what it says is not understood here`;
      if (oid === reasonOid && reasonOf(value) === removeFromCrl)
        return 'entry with the reason removeFromCRL, which only a delta CRL has';
      return undefined;
    })
  );
}

interface Extension {
  oid: string;
  isCritical: boolean;
  value: Buffer;
}

function readExtensions(der: Buffer, list: DerElement): Extension[] {
  return readInside(der, list, tags.sequence).map((element) => {
    const [type, ...rest] = readInside(der, element, tags.sequence);
    const flag = rest[0]?.tag === tags.boolean ? rest[0] : undefined;
    const [value, ...more] = flag === undefined ? rest : rest.slice(1);
    if (value?.tag !== tags.octetString || more.length > 0)
      throw new Error('no extension');
    return {
      oid: readOid(der, type),
      isCritical: flag !== undefined && contentsOf(der, flag).some(Boolean),
      value: contentsOf(der, value),
    };
  });
}

function twiceIn(extensions: readonly Extension[]): string | undefined {
  if (extensions.length < 2) return undefined;
  const seen = new Set<string>();
  for (const { oid, isCritical } of extensions) {
    if (seen.has(oid))
      return `${extensionWord(oid, isCritical)}: it stands there twice`;
    seen.add(oid);
  }
  return undefined;
}

function firstOf(
  extensions: readonly Extension[],
  judge: (extension: Extension) => string | undefined,
): string | undefined {
  for (const extension of extensions) {
    const found = judge(extension);
    if (found !== undefined) return found;
  }
  return undefined;
}

function extensionWord(oid: string, isCritical: boolean): string {
  const name = names[oid];
  const kind = `${isCritical ? 'critical ' : ''}extension`;
  return name === undefined ? `${kind} ${oid}` : `${kind} ${oid} (${name})`;
}

function reasonOf(value: Buffer): number | undefined {
  const element = readElement(value, 0, value.length);
  if (element.tag !== tags.enumerated) throw new Error('no reason code');
  return contentsOf(value, element)[0];
}
