import type { KeyObject } from 'node:crypto';
import {
  authorityKeyId,
  extension,
  nameAsn1,
  type Name,
} from './certificate.ts';
import {
  enumerated,
  explicit,
  integer,
  sequence,
  signatureAlgorithm,
  signed,
  time,
  toPem,
} from './der.ts';

export interface CrlBody {
  issuer: Name;
  issuerKey: KeyObject;
  issuerPublicKey: KeyObject;
  number: number;
  thisUpdate: Date;
  nextUpdate: Date;
  revoked: readonly { serial: bigint; at: Date }[];
}

/**
 * One CRL, version 2, as Puppet's CA writes it: CRL number, reason keyCompromise.
 * @returns PEM
 * @see RFC 5280, 5.1
 */
export function signCrl(body: CrlBody): string {
  const entries = body.revoked.map((entry) =>
    sequence(
      integer(entry.serial),
      time(entry.at),
      sequence(extension('2.5.29.21', false, enumerated(1))),
    ),
  );
  const tbs = sequence(
    integer(1),
    signatureAlgorithm(body.issuerKey),
    nameAsn1(body.issuer),
    time(body.thisUpdate),
    time(body.nextUpdate),
    // an empty list of revoked certificates must be absent
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(
      0,
      sequence(
        authorityKeyId(body.issuerPublicKey),
        extension('2.5.29.20', false, integer(body.number)),
      ),
    ),
  );
  return toPem('X509 CRL', signed(tbs, body.issuerKey));
}
