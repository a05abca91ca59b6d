export type ReadAddress =
  | { kind: 'address'; address: string }
  | {
      kind: 'none';
      /** what it is instead, in words */
      why: string;
      /** the address that may be meant */
      instead?: string;
    };

/** A host name or an IP address: no blank, no wildcard, nothing that looks like an option. */
const addressPattern = /^[A-Za-z0-9:][A-Za-z0-9._:%-]{0,252}$/;

/**
 * Reads where a host is reached: an IP address, also an IPv6 address in brackets, or the name of a host. A monitor's
 * field for it may hold more, where its checks need more: then the reason says what.
 */
export function readAddress(text: string): ReadAddress {
  const bracketed = /^\[([^\]]*)\]$/.exec(text)?.[1];
  if (bracketed !== undefined && isIpv6(bracketed)) {
    return { kind: 'address', address: bracketed };
  }
  const url = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(text);
  if (url !== null) return { kind: 'none', why: 'it is a URL', ...meant(url) };
  const masked = /^([^/]+)\/[\d.]+$/.exec(text);
  if (masked !== null) {
    return { kind: 'none', why: 'it has a mask', ...meant(masked) };
  }
  if (isWithPort(text)) {
    return { kind: 'none', why: 'it has a port', ...meant([text, text]) };
  }
  if (!addressPattern.test(text)) {
    return { kind: 'none', why: 'it has a character that no address has' };
  }
  return text.includes(':') && !isIpv6(text)
    ? { kind: 'none', why: 'it is no IPv6 address' }
    : { kind: 'address', address: text };
}

/** Whether a text is an IP address, and so surely not the name of a host. */
export function isIp(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || isIpv6(text);
}

function isWithPort(text: string): boolean {
  return /^(\[[^\]]*\]|[^:[\]]+):\d{1,5}$/.test(text);
}

/** The second of a match, without its port, where that is an address. */
function meant([, rest = '']: readonly string[]): { instead?: string } {
  const host = isWithPort(rest) ? rest.replace(/:\d+$/, '') : rest;
  if (isWithPort(host) || host.includes('/')) return {};
  const read = readAddress(host);
  return read.kind === 'address' ? { instead: read.address } : {};
}

/** With or without a zone, `fe80::1%eth0`. The reader of URLs knows every form. */
function isIpv6(text: string): boolean {
  const [address = '', zone] = text.split(/%(.*)/s);
  return (
    /^[0-9A-Fa-f:.]+$/.test(address) &&
    (zone === undefined || /^[A-Za-z0-9._-]+$/.test(zone)) &&
    URL.canParse(`http://[${address}]/`)
  );
}
