/** A set of addresses with one prefix: a single address has the full length. */
export interface Network {
  family: 4 | 6;
  /** bits of the prefix, 0–32 or 0–128 */
  length: number;
  /** the prefix itself, host bits shifted out */
  prefix: bigint;
}

/**
 * An address as a socket gives it. IPv4-mapped IPv6 (`::ffff:10.0.0.5`) folds to IPv4.
 * @returns undefined for leading zeros, a zone (`fe80::1%eth0`) or any other text
 */
export function parseAddress(text: string): Network | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return { family: 4, length: 32, prefix: v4 };
  const tail = /^([0-9A-Fa-f:]*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tailV4 = parseV4(tail?.[2] ?? '');
  const hex =
    tail?.[1] !== undefined && tailV4 !== undefined
      ? `${tail[1]}${(tailV4 >> 16n).toString(16)}:${(tailV4 & 0xffffn).toString(16)}`
      : text;
  const v6 = parseV6(hex);
  return v6 === undefined ? undefined : fold(v6, 128);
}

/**
 * An address pattern of `allow_ip` and `deny_ip`: 10.0.0.5, 10.0.0.0/24, 10.0.*, 2001:db8::/32.
 * Host bits are masked off, as in Puppet. No ranges, no dotted mask, no `::ffff:1.2.3.4`.
 * @see Puppet::Network::AuthStore::Declaration#parse_ip (Puppet 3.8.7)
 */
export function parseNetwork(text: string): Network | undefined {
  const star = /^((?:\d{1,3}\.){1,3})\*$/.exec(text)?.[1];
  if (star !== undefined) {
    const octets = star.split('.').length - 1;
    const v4 = parseV4(`${star}${'0.'.repeat(3 - octets)}0`);
    return v4 === undefined ? undefined : cut(4, v4, octets * 8);
  }
  const [, address = '', bits] =
    /^([0-9A-Fa-f.:]+?)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const v4 = parseV4(address);
  const length = bits === undefined ? undefined : Number(bits);
  if (v4 !== undefined) return cut(4, v4, length ?? 32);
  const v6 = parseV6(address);
  if (v6 === undefined || (length ?? 0) > 128) return undefined;
  return fold(v6, length ?? 128);
}

/** Key under which a network is filed; the address's own network of that length has the same. */
export function networkKey(network: Network, length: number): string {
  const { family, prefix } = network;
  const shift = BigInt(network.length - length);
  return `${family}/${length}/${(prefix >> shift).toString(16)}`;
}

function cut(
  family: 4 | 6,
  value: bigint,
  length: number,
): Network | undefined {
  const bits = family === 4 ? 32 : 128;
  if (length > bits) return undefined;
  return { family, length, prefix: value >> BigInt(bits - length) };
}

function fold(v6: bigint, length: number): Network | undefined {
  const isMapped = length >= 96 && v6 >> 32n === 0xffffn;
  return isMapped ? cut(4, v6 & 0xffffffffn, length - 96) : cut(6, v6, length);
}

function parseV4(text: string): bigint | undefined {
  const octet = '(0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])';
  const octets = new RegExp(`^${Array(4).fill(octet).join('\\.')}$`).exec(text);
  if (octets === null) return undefined;
  return octets
    .slice(1)
    .reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function parseV6(text: string): bigint | undefined {
  if (!/^[0-9A-Fa-f:]{2,39}$/.test(text)) return undefined;
  const halves = text.split('::').map((half) => {
    return half === '' ? [] : half.split(':');
  });
  const [head = [], tail] = halves;
  const groups = [...head, ...(tail ?? [])];
  const isFull = tail === undefined ? groups.length === 8 : groups.length < 8;
  const isHex = groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group));
  if (halves.length > 2 || !isFull || !isHex) return undefined;
  const zeros = Array<string>(8 - groups.length).fill('0');
  return [...head, ...zeros, ...(tail ?? [])].reduce(
    (value, group) => (value << 16n) | BigInt(`0x${group}`),
    0n,
  );
}
