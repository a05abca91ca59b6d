import type { PathPattern } from './paths.ts';

/**
 * Everything that the rules are asked about begins with one of these; below `/run/` stand certnames, ids and logs,
 * below `/drill/` certnames.
 */
const served = ['/run', '/drill', '/runs', '/status', '/metrics'];

/**
 * What the rules are asked about a kick, as Puppet asked them: `/run/CERTNAME` of the host that is to run. A
 * literal `path /run` covers it.
 * @param certname of this host
 * @see Puppet 3.8.7, lib/puppet/application/kick.rb and network/http/api/v1.rb
 */
export function kickPath(certname: string): string {
  return `/run/${certname}`;
}

/**
 * What the rules are asked about a kick whose profile is a drill: whoever may heal a host may not break it yet.
 * No request has this path: a drill is a `POST /run` like every kick.
 * @param certname of this host
 */
export function drillPath(certname: string): string {
  return `/drill/${certname}`;
}

/**
 * Whether some request of kickd could come to a stanza with this path. In doubt it could: the rest of Puppet's
 * auth.conf (`/catalog`, `/file` …) is what is told apart here.
 */
export function mayBeServed(pattern: PathPattern): boolean {
  const prefix =
    pattern.kind === 'literal' ? pattern.text : prefixOf(pattern.text);
  return (
    prefix.startsWith('/run/') ||
    prefix.startsWith('/drill/') ||
    served.some((path) => path.startsWith(prefix))
  );
}

/** The characters that each match begins with; empty where that is not plain to see. */
function prefixOf(text: string): string {
  if (text.includes('|')) return '';
  const [whole = '', plain = ''] =
    /^~ (?:\^|\\A)((?:[A-Za-z0-9_/-]|\\[/.-])*)/.exec(text) ?? [];
  const isLastOptional = /^[*?{]/.test(text.slice(whole.length));
  const prefix = plain.replaceAll('\\', '');
  return isLastOptional ? prefix.slice(0, -1) : prefix;
}
