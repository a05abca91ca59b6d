import { isIP } from 'node:net';

/** What a text is as the name of a host. */
export type HostName =
  { kind: 'host'; host: string } | { kind: 'none'; why: string };

/** Whether kicker.yaml names this host under `hosts`. */
export type KnowsHost = (name: string) => boolean;

/** Longer than any name that a monitor has. */
const nameMost = 4096;

/**
 * The name of a host in a message. It names one machine that kicker.yaml may know, or nothing: a loopback address, a
 * URL, a variable that was not filled in and a word that stands for "none" are refused, and no other field takes their
 * place. An address is a host only where kicker.yaml names it: the sender may be an exporter or a proxy.
 * @param isPortDropped `web1.example.com:9100` names web1.example.com
 */
export function readHostName(
  text: string,
  knowsHost: KnowsHost,
  { isPortDropped = false }: { isPortDropped?: boolean } = {},
): HostName {
  const flaw = flawOfName(text);
  if (flaw !== undefined) return { kind: 'none', why: flaw };
  if (knowsHost(text)) return { kind: 'host', host: text };
  const host = isPortDropped ? withoutPort(text) : text;
  if (host === '') return { kind: 'none', why: 'it is empty' };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(host) || host.includes('/')) {
    return { kind: 'none', why: 'it is a URL or a path, and no host' };
  }
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(address)) {
    return { kind: 'none', why: 'it is the machine of the monitor itself' };
  }
  if (isIP(address) !== 0 && !knowsHost(address)) {
    return {
      kind: 'none',
      why: 'it is an address, and kicker.yaml names no such host',
    };
  }
  return { kind: 'host', host: isIP(address) === 0 ? host : address };
}

/**
 * Why a text names nothing, of a host or of a service; undefined: it may be a name.
 * Names are data: any character but a control character may stand in them.
 */
export function flawOfName(text: string): string | undefined {
  if (text.trim() === '') return 'it is empty';
  if (text.length > nameMost) {
    return `it has more than ${String(nameMost)} characters`;
  }
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) {
    return 'it holds a control character';
  }
  if (isUnexpanded(text)) return 'the monitor did not fill it in';
  if (/^(?:null|undefined|none|nil|n\/a|-|\*|\?)$/i.test(text.trim())) {
    return 'it is a word for "none"';
  }
  return undefined;
}

/**
 * A variable or macro that the monitor left as it was, as a whole or the end of it: `$HOSTNAME$`, `$HOSTNAME`,
 * `$TAGS[service]`, `{HOST.HOST}`, `{$NOPE}`, `{{host.name}}`, `${host}`, `<no value>`, `[no value]`, `*UNKNOWN*`.
 * Inside a longer text they may be part of a name: `MSSQL$BKUPEXEC$X`.
 */
export function isUnexpanded(text: string): boolean {
  const trimmed = text.trim();
  return (
    /^\$[A-Za-z_][\w.]*(?::[^$]*)?\$?$/.test(trimmed) ||
    /^\$[A-Za-z_]\w*\[[^\]]*\]$/.test(trimmed) ||
    /^\$?\{\$?[^{}]*\}$/.test(trimmed) ||
    /^\{\{.*\}\}$/.test(trimmed) ||
    /^%[A-Za-z_]\w*%$/.test(trimmed) ||
    /^[<[]no value[>\]]$/i.test(trimmed) ||
    /^\*UNKNOWN\*$/.test(trimmed)
  );
}

/** Names and addresses of the machine itself. A name of `localdomain` is one, too. */
function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return (
    /^(?:.*\.)?localhost(?:\.localdomain)?$/.test(name) ||
    /^localhost[46]?(?:\..*)?$/.test(name) ||
    /^ip6-(?:localhost|loopback)$/.test(name) ||
    /^127(?:\.\d{1,3}){1,3}$/.test(name) ||
    /^(?:0|0\.0\.0\.0)$/.test(name) ||
    /^(?:::|::1|0*(?::0*){6}:0*1?)$/.test(name) ||
    /^::ffff:(?:127\.|7f)/.test(name)
  );
}

function withoutPort(text: string): string {
  const found = /^(.*):\d{1,5}$/.exec(text);
  if (found === null) return text;
  const [, before = ''] = found;
  // The last group of a bare IPv6 address is no port.
  return isIP(text) === 6 ? text : before;
}
