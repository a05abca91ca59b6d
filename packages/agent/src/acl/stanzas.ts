import type { Stanza } from './acl.ts';
import { addAddress, createAddressEntries } from './address-entries.ts';
import { parseNetwork } from './addresses.ts';
import { referenceFault } from './back-reference.ts';
import type { Entry } from './entry.ts';
import { aclFaults, type AclFault, type Place } from './faults.ts';
import { aclLimits } from './limits.ts';
import type { Line } from './lines.ts';
import { addName, createNameEntries } from './name-entries.ts';
import { parseName } from './names.ts';
import { compileRegex, type LinearRegex } from './regex.ts';
import { isAclMethod } from './request.ts';
import { mayBeServed } from './served-paths.ts';

/** What has been read so far. */
export interface Building {
  readonly file: string;
  readonly anyCertname: boolean;
  readonly faults: AclFault[];
  /** mistakes that can do no harm: in stanzas that no request of kickd comes to */
  readonly unserved: AclFault[];
  readonly stanzas: Stanza[];
  readonly environments: Set<string>;
  entries: number;
  regexes: number;
  /** lines whose `auth` would let in callers without a certificate in Puppet */
  readonly authAnyLines: number[];
}

/**
 * Entries that are too wide, or that could never match: under a path that kickd does not serve they let nobody in,
 * and a whole auth.conf of Puppet 3 has them. What cannot be read at all is a mistake everywhere.
 */
const harmlessWhereUnserved = new Set([
  'ACL_ANY_CERTNAME',
  'ACL_REGEX_UNANCHORED',
  'ACL_ADDRESS_IN_ALLOW',
  'ACL_NAME_NEVER_MATCHES',
]);

/**
 * Adds what one directive says to its stanza; mistakes go to `building.faults`.
 * @param stanza 'broken' when its path had a mistake: the values are checked all the same
 * @returns false when the file is past a limit and reading should end
 */
export function applyDirective(
  building: Building,
  stanza: Stanza | 'broken',
  said: Extract<Line, { kind: 'directive' }>,
): boolean {
  const at = { file: building.file, line: said.line };
  for (const value of said.values) {
    const fault = applyValue(building, stanza, said.keyword, value, at);
    if (fault !== undefined) {
      const isHarmless =
        harmlessWhereUnserved.has(fault.code) &&
        stanza !== 'broken' &&
        !mayBeServed(stanza.path);
      (isHarmless ? building.unserved : building.faults).push(fault);
    }
    if (fault?.code === 'ACL_TOO_MANY') return false;
  }
  return true;
}

function applyValue(
  building: Building,
  stanza: Stanza | 'broken',
  keyword: Extract<Line, { kind: 'directive' }>['keyword'],
  value: string,
  at: Place,
): AclFault | undefined {
  switch (keyword) {
    case 'method':
      return addMethod(stanza, value, at);
    case 'environment':
      return addEnvironment(building, stanza, value, at);
    case 'auth':
    case 'authenticated':
      return readAuth(building, value, at);
    case 'allow':
    case 'deny':
    case 'allow_ip':
    case 'deny_ip':
      break;
  }
  const tooMany = countEntry(building, at);
  if (tooMany !== undefined) return tooMany;
  return keyword === 'allow' || keyword === 'deny'
    ? addNameEntry(building, stanza, keyword, value, at)
    : addAddressEntry(stanza, keyword, value, at);
}

function addMethod(
  stanza: Stanza | 'broken',
  method: string,
  at: Place,
): AclFault | undefined {
  if (!isAclMethod(method)) return aclFaults.methodUnknown(at, method);
  if (stanza === 'broken') return undefined;
  if (stanza.methods.includes(method)) return aclFaults.methodTwice(at, method);
  stanza.methods.push(method);
  return undefined;
}

function addEnvironment(
  building: Building,
  stanza: Stanza | 'broken',
  environment: string,
  at: Place,
): AclFault | undefined {
  if (!/^\w{1,255}$/.test(environment)) {
    return aclFaults.environmentInvalid(at, environment);
  }
  building.environments.add(environment);
  if (building.environments.size > aclLimits.environmentsMax) {
    return aclFaults.tooMany(at, 'environments', aclLimits.environmentsMax);
  }
  if (stanza === 'broken') return undefined;
  if (stanza.environments.includes(environment)) {
    return aclFaults.environmentTwice(at, environment);
  }
  stanza.environments.push(environment);
  return undefined;
}

/** Checked as Puppet does, and then without effect: a certificate is always required. */
function readAuth(
  building: Building,
  value: string,
  at: Place,
): AclFault | undefined {
  if (['yes', 'on', 'true'].includes(value)) return undefined;
  if (!['no', 'off', 'false', 'any', 'all'].includes(value)) {
    return aclFaults.authInvalid(at, value);
  }
  if (building.authAnyLines.at(-1) !== at.line) {
    building.authAnyLines.push(at.line);
  }
  return undefined;
}

function addNameEntry(
  building: Building,
  stanza: Stanza | 'broken',
  keyword: 'allow' | 'deny',
  value: string,
  at: Place,
): AclFault | undefined {
  const parsed = parseName(value, keyword, at);
  if (parsed.kind === 'fault') return parsed.fault;
  const { name } = parsed;
  const entry = entryOf(keyword, keyword, value, at);
  const anyRefused = aclFaults.anyCertname(at, value);
  switch (name.kind) {
    case 'everyone':
      if (keyword === 'allow' && !building.anyCertname) return anyRefused;
      break;
    case 'regex': {
      building.regexes += 1;
      if (building.regexes > aclLimits.regexesMax) {
        return aclFaults.tooMany(at, 'regexes', aclLimits.regexesMax);
      }
      const compiled = compileRegex(name.source, at);
      if (compiled.kind === 'fault') return compiled.fault;
      const { regex } = compiled;
      const isOpen = keyword === 'allow' && matchesEverything(regex);
      if (isOpen && !building.anyCertname) return anyRefused;
      if (stanza !== 'broken') {
        stanza.names ??= createNameEntries();
        stanza.names.regexes.push({ regex, entry });
      }
      return undefined;
    }
    case 'reference': {
      if (stanza === 'broken') return undefined;
      const { path } = stanza;
      const groups = path.kind === 'regex' ? path.regex.groups : undefined;
      const fault = referenceFault(name.template, groups);
      if (fault !== undefined) {
        return aclFaults.backReference(at, value, fault.why, fault.remedy);
      }
      break;
    }
    case 'exact':
    case 'wildcard':
      break;
  }
  if (stanza === 'broken') return undefined;
  stanza.names ??= createNameEntries();
  addName(stanza.names, name, entry);
  return undefined;
}

/** `/^/` or `/.*$/` is `*` in other words: names that have nothing in common tell. */
function matchesEverything(regex: LinearRegex): boolean {
  const strangers = ['a', '0_z', 'zq9-x.invalid', 'M.example.org', 'x@y'];
  return strangers.every((name) => regex.matches(name));
}

function addAddressEntry(
  stanza: Stanza | 'broken',
  keyword: 'allow_ip' | 'deny_ip',
  value: string,
  at: Place,
): AclFault | undefined {
  const network = parseNetwork(value);
  if (network === undefined) return aclFaults.addressInvalid(at, value);
  if (stanza === 'broken') return undefined;
  const verdict = keyword === 'allow_ip' ? 'allow' : 'deny';
  const entry = entryOf(verdict, keyword, value, at);
  stanza.addresses ??= createAddressEntries();
  addAddress(stanza.addresses, network, entry);
  return undefined;
}

function entryOf(
  verdict: 'allow' | 'deny',
  keyword: string,
  value: string,
  at: Place,
): Entry {
  return { verdict, text: `${keyword} ${value}`, line: at.line };
}

function countEntry(building: Building, at: Place): AclFault | undefined {
  building.entries += 1;
  return building.entries > aclLimits.entriesMax
    ? aclFaults.tooMany(at, 'entries', aclLimits.entriesMax)
    : undefined;
}
