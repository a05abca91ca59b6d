import { printable, type FaultFacts } from '@kickd/protocol';
import { aclLimits } from './limits.ts';

/** A mistake in a file of rules, with its place. */
export interface AclFault extends FaultFacts {
  file: string;
  line: number;
}

/** Where a mistake stands. */
export interface Place {
  file: string;
  line: number;
}

/** Every mistake that a file of rules can hold. One mistake refuses the whole file. */
export const aclFaults = {
  tooLarge: (at: Place, bytes: number) =>
    fault(at, {
      code: 'ACL_TOO_LARGE',
      says: `the file has ${bytes} bytes, at most ${aclLimits.fileMaxBytes} are read`,
      remedy: 'name groups of hosts by *.domain or by a regex',
    }),
  tooMany: (at: Place, what: string, most: number) =>
    fault(at, {
      code: 'ACL_TOO_MANY',
      says: `the file has more than ${most} ${what}`,
      remedy: 'name groups of hosts by *.domain, 10.0.0.0/24 or one regex',
    }),
  tooManyFaults: (at: Place) =>
    fault(at, {
      code: 'ACL_TOO_MANY_FAULTS',
      says: 'from here on the file was not read: it has too many mistakes',
      remedy: 'correct these first; is this file an auth.conf?',
    }),
  lineTooLong: (at: Place, chars: number) =>
    fault(at, {
      code: 'ACL_LINE_TOO_LONG',
      says: `the line has ${chars} characters, at most ${aclLimits.lineMaxChars} are read`,
      remedy: 'spread the list over several lines with the same keyword',
    }),
  hocon: (at: Place) =>
    fault(at, {
      code: 'ACL_HOCON',
      says: "this is puppetserver's auth.conf, in HOCON; kickd reads the form of Puppet 3",
      remedy:
        'write three lines into a file of its own: "path /run", "method save", "allow KICKER.CERTNAME"; leave puppetserver its file',
    }),
  lineInvalid: (at: Place, line: string) =>
    fault(at, {
      code: 'ACL_LINE_INVALID',
      says: `invalid line: ${quoted(line)}`,
      remedy:
        'a line is "path /run", "path ~ ^/run/([^/]+)$" (nothing after it, not even a comment), a comment, or one of allow, allow_ip, deny, deny_ip, method, environment, auth with a value',
    }),
  noPath: (at: Place, keyword: string) =>
    fault(at, {
      code: 'ACL_NO_PATH',
      says: `"${keyword}" stands before the first "path"`,
      remedy: 'write a line "path /run" above it',
    }),
  pathInvalid: (at: Place, path: string) =>
    fault(at, {
      code: 'ACL_PATH_INVALID',
      says: `${quoted(path)} is no path: it could never match`,
      remedy:
        'write "path /run", without quotes and blanks, or "path ~ ^/run/([^/]+)$" with a blank after the ~',
    }),
  pathComment: (at: Place, path: string) =>
    fault(at, {
      code: 'ACL_PATH_COMMENT',
      says: `in ${quoted(path)} the # belongs to the path, which could never match`,
      remedy: 'put the comment on a line of its own',
    }),
  valueMissing: (at: Place, keyword: string) =>
    fault(at, {
      code: 'ACL_VALUE_MISSING',
      says: `"${keyword}" has an empty value`,
      remedy: `write a value after "${keyword}", commas only between values, or remove the line`,
    }),
  methodUnknown: (at: Place, method: string) =>
    fault(at, {
      code: 'ACL_METHOD_UNKNOWN',
      says: `${quoted(method)} is not a method`,
      remedy:
        'write find (GET), search (GET of a list), save (POST) or destroy (DELETE), in lower case, with commas between',
    }),
  methodTwice: (at: Place, method: string) =>
    fault(at, {
      code: 'ACL_METHOD_TWICE',
      says: `the method ${method} is named twice in one stanza`,
      remedy: 'remove one of them; a new stanza begins with "path"',
    }),
  environmentInvalid: (at: Place, environment: string) =>
    fault(at, {
      code: 'ACL_ENVIRONMENT_INVALID',
      says: `${quoted(environment)} is no name of an environment: it could never match`,
      remedy:
        'an environment has only letters, digits and _; for every environment leave the line out',
    }),
  environmentTwice: (at: Place, environment: string) =>
    fault(at, {
      code: 'ACL_ENVIRONMENT_TWICE',
      says: `the environment ${environment} is named twice in one stanza`,
      remedy: 'remove one of them; a new stanza begins with "path"',
    }),
  authInvalid: (at: Place, value: string) =>
    fault(at, {
      code: 'ACL_AUTH_INVALID',
      says: `${quoted(value)} is no value of auth`,
      remedy:
        'remove the line: a client certificate is always required (Puppet knows yes, on, true, no, off, false, any, all)',
    }),
  nameInvalid: (at: Place, name: string) =>
    fault(at, {
      code: 'ACL_NAME_INVALID',
      says: `${quoted(name)} is no name pattern`,
      remedy:
        'write a certname, *.example.com, /^web\\d+\\.example\\.com$/ (no comma, no #) or *, without quotes, with commas between several',
    }),
  nameNeverMatches: (at: Place, name: string, remedy: string) =>
    fault(at, {
      code: 'ACL_NAME_NEVER_MATCHES',
      says: `${quoted(name)} could never match a certname`,
      remedy,
    }),
  addressInAllow: (at: Place, keyword: string, address: string) =>
    fault(at, {
      code: 'ACL_ADDRESS_IN_ALLOW',
      says: `${quoted(address)} is an address, and "${keyword}" judges certnames`,
      remedy: `write "${keyword}_ip ${printable(address, 60)}"`,
    }),
  addressInvalid: (at: Place, address: string) =>
    fault(at, {
      code: 'ACL_ADDRESS_INVALID',
      says: `${quoted(address)} is no address pattern`,
      remedy:
        'write 10.0.0.5, 10.0.0.0/24, 10.0.*, 2001:db8::5 or 2001:db8::/32; for any address 0.0.0.0/0 and ::/0',
    }),
  anyCertname: (at: Place, name: string) =>
    fault(at, {
      code: 'ACL_ANY_CERTNAME',
      says: `"allow ${printable(name, 100)}" lets in every certificate that the CA ever signed`,
      remedy:
        'name the hosts, for example "allow kicker.example.com", or set anyCertname: true in the configuration',
    }),
  backReference: (at: Place, name: string, why: string, remedy: string) =>
    fault(at, {
      code: 'ACL_BACKREFERENCE',
      says: `${quoted(name)}: ${why}`,
      remedy,
    }),
  regexInvalid: (at: Place, regex: string, why: string, remedy: string) =>
    fault(at, {
      code: 'ACL_REGEX_INVALID',
      says: `the regex ${quoted(regex)} cannot be used: ${why}`,
      remedy,
    }),
  regexUnanchored: (at: Place, regex: string) =>
    fault(at, {
      code: 'ACL_REGEX_UNANCHORED',
      says: `the regex ${quoted(regex)} is wider than it looks: it matches anywhere in the text`,
      remedy:
        'begin each alternative with ^ or end it with $, for example ^/run(/|$) or /^web\\d+\\.example\\.com$/',
    }),
};

/** What loads and probably does not do what its writer thinks. */
export const aclWarnings = {
  authIgnored: (at: Place) =>
    fault(at, {
      code: 'ACL_AUTH_IGNORED',
      says: 'auth has no effect here: a client certificate is always required',
      remedy: 'remove the line',
    }),
  pathGlob: (at: Place, path: string) =>
    fault(at, {
      code: 'ACL_PATH_GLOB',
      says: `the * in ${quoted(path)} is an ordinary character, not a pattern`,
      remedy: 'a literal path covers what lies under it: write "path /run"',
    }),
  unreached: (at: Place, above: { text: string; line: number }) =>
    fault(at, {
      code: 'ACL_UNREACHED',
      says: `this stanza is never reached: "${printable(above.text, 100)}" at line ${above.line} decides first`,
      remedy: `move it above line ${above.line}`,
    }),
  unserved: (at: Place, code: string, what: string) =>
    fault(at, {
      code: 'ACL_UNSERVED',
      says: `kickd serves nothing under this path, so this line has no effect here (elsewhere: ${code}: ${what})`,
      remedy:
        'leave it, or remove the stanza: kickd asks about /run, /runs, /status and /metrics alone',
    }),
  bareRun: (at: Place, path: string, asked: string) =>
    fault(at, {
      code: 'ACL_KICK_UNREACHED',
      says: `${quoted(path)} fits /run and not ${printable(asked, 260)}, which is what a kick asks for`,
      remedy: 'write "path /run", which covers both',
    }),
  bareDrill: (at: Place, path: string, asked: string) =>
    fault(at, {
      code: 'ACL_DRILL_UNREACHED',
      says: `${quoted(path)} fits /drill and not ${printable(asked, 260)}, which is what a drill asks for`,
      remedy: 'write "path /drill", which covers both',
    }),
  anyAddress: (at: Place, entry: string) =>
    fault(at, {
      code: 'ACL_ANY_ADDRESS',
      says: `"${printable(entry, 60)}" lets in every certificate that the CA ever signed`,
      remedy: 'name the hosts or a smaller network',
    }),
};

function fault(
  at: Place,
  facts: { code: string; says: string; remedy: string },
): AclFault {
  return {
    code: facts.code,
    message: `${printable(at.file)}:${at.line}: ${facts.says}`,
    remedy: facts.remedy,
    exitCode: 2,
    file: at.file,
    line: at.line,
  };
}

function quoted(text: string): string {
  return `"${printable(text, 100)}"`;
}
