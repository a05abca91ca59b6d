import { networkKey, parseAddress, type Network } from './addresses.ts';
import { fileUnder, type Entry, type Voice } from './entry.ts';

/** The `allow_ip` and `deny_ip` entries of a stanza, filed so that one look per length finds them. */
export interface AddressEntries {
  byNetwork: Map<string, Entry>;
  /** prefix lengths in use, per family */
  lengths: { 4: Set<number>; 6: Set<number> };
  firstDeny?: Entry;
}

export function createAddressEntries(): AddressEntries {
  return { byNetwork: new Map(), lengths: { 4: new Set(), 6: new Set() } };
}

export function addAddress(
  entries: AddressEntries,
  network: Network,
  entry: Entry,
): void {
  fileUnder(entries.byNetwork, networkKey(network, network.length), entry);
  entries.lengths[network.family].add(network.length);
  if (entry.verdict === 'deny') entries.firstDeny ??= entry;
}

/**
 * The entry that speaks about an address: the longest prefix, of equal ones the deny.
 * An address that cannot be read is let in by nothing, and by a deny_ip kept out: a peer must
 * not slip past a deny by being unreadable.
 * @returns undefined when none speaks
 */
export function judgeAddress(
  entries: AddressEntries,
  ip: string | undefined,
): Voice | undefined {
  const address = ip === undefined ? undefined : parseAddress(ip);
  if (address === undefined) {
    if (entries.firstDeny === undefined) return undefined;
    const because = 'the address of the caller is not known';
    return { verdict: 'deny', entry: entries.firstDeny, because };
  }
  const lengths = [...entries.lengths[address.family]].sort((a, b) => b - a);
  for (const length of lengths) {
    const entry = entries.byNetwork.get(networkKey(address, length));
    if (entry !== undefined) return { verdict: entry.verdict, entry };
  }
  return undefined;
}
