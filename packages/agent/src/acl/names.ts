import { parseNetwork } from './addresses.ts';
import { aclFaults, type AclFault, type Place } from './faults.ts';
import { aclLimits } from './limits.ts';

/** A pattern of `allow` or `deny` that reads well. Names are folded to lower case. */
export type NamePattern =
  | { kind: 'everyone' }
  | { kind: 'exact'; name: string }
  | { kind: 'wildcard'; suffix: string }
  | { kind: 'reference'; template: string }
  | { kind: 'regex'; source: string };

/**
 * Reads a name pattern, testing the forms in Puppet's order.
 * What Puppet would load but could never match, and an address, is refused.
 * @see Puppet::Network::AuthStore::Declaration#parse (Puppet 3.8.7)
 */
export function parseName(
  text: string,
  keyword: 'allow' | 'deny',
  at: Place,
): { kind: 'name'; name: NamePattern } | { kind: 'fault'; fault: AclFault } {
  const read = (name: NamePattern) => ({ kind: 'name' as const, name });
  const refuse = (fault: AclFault) => ({ kind: 'fault' as const, fault });
  const never = (remedy: string) =>
    refuse(aclFaults.nameNeverMatches(at, text, remedy));

  if (text === '*') return read({ kind: 'everyone' });
  if (/^\d+(\.\d+){3}$/.test(text) || parseNetwork(text) !== undefined) {
    return refuse(aclFaults.addressInAllow(at, keyword, text));
  }
  const isLong = text.length > aclLimits.certnameMaxChars;
  if (isLong && /^[-\w.@*]+$/.test(text)) {
    return never(
      `a certname has at most ${aclLimits.certnameMaxChars} characters`,
    );
  }
  if (isHostname(text)) return read({ kind: 'exact', name: foldCase(text) });
  if (text.startsWith('*.') && isDomain(text.slice(2))) {
    return read({ kind: 'wildcard', suffix: foldCase(text.slice(2)) });
  }
  if (/\$\d/.test(text)) return read({ kind: 'reference', template: text });
  if (isOpaque(text)) {
    if (text.includes('.')) {
      return never(
        'write it as host.example.com, without a dot at the end and without @',
      );
    }
    return text === foldCase(text)
      ? read({ kind: 'exact', name: text })
      : never(
          `write ${foldCase(text)}: a name without dots is compared in lower case`,
        );
  }
  if (text.length >= 2 && text.startsWith('/') && text.endsWith('/')) {
    return read({ kind: 'regex', source: text.slice(1, -1) });
  }
  return refuse(aclFaults.nameInvalid(at, text));
}

/** Two labels or more, each begun by a letter, digit or _ (the last may begin with a hyphen). */
export function isHostname(text: string): boolean {
  return /^(?:\w[-\w]*\.)+[-\w]+$/.test(text);
}

/** What may follow `*.`: one label or more. */
export function isDomain(text: string): boolean {
  return /^\w[-\w]*(?:\.\w[-\w]*)*$/.test(text);
}

/** One word, also with dots in odd places and @, which Puppet compares as a whole. */
export function isOpaque(text: string): boolean {
  return /^\w[-.@\w]*$/.test(text);
}

/** ASCII only: String#toLowerCase would turn the Kelvin sign into a k, another name. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
