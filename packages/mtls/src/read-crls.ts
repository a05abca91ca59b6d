import { Fault, type FaultFacts } from '@kickd/protocol';
import { readCrl } from './crl.ts';
import { errors } from './errors.ts';
import { isDer, scanPem, toPem, type PemBlock } from './pem.ts';
import type { CrlEntry } from './trust.ts';

/**
 * The CRLs of the blocks of a file, each read to its last byte.
 * @throws {Fault} CRL_DAMAGED
 */
export function readCrlEntries(
  blocks: readonly PemBlock[],
  file: string,
): CrlEntry[] {
  return blocks.map(({ pem, der }, index) => {
    try {
      return { pem, facts: readCrl(der), nth: index + 1 };
    } catch (cause) {
      throw new Fault(errors.crlDamaged(file, index + 1), { cause });
    }
  });
}

/**
 * Whatever can be read as a CRL in the bytes of a file that may be damaged elsewhere, or be something else. Proves
 * nothing: each one counts only where a CA in force has signed it.
 */
export function findCrls(content: Buffer): CrlEntry[] {
  const found = isDer(content)
    ? [{ pem: toPem('X509 CRL', content), der: content }]
    : scanPem(content.toString('latin1'), (label) => label === 'X509 CRL')
        .blocks;
  return found.flatMap(({ pem, der }, index) => {
    try {
      return [{ pem, facts: readCrl(der), nth: index + 1 }];
    } catch {
      return [];
    }
  });
}

/** @param isNeeded whether it is of a CA that counts */
export function notUnderstood(
  file: string,
  { nth, facts: { issuer, obstacle = '' } }: CrlEntry,
  isNeeded: boolean,
): FaultFacts {
  return errors.crlNotUnderstood(file, nth, issuer, obstacle, isNeeded);
}
