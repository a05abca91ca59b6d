import { aclFaults, type AclFault } from './faults.ts';
import { aclLimits } from './limits.ts';

const directives = [
  'allow',
  'allow_ip',
  'deny',
  'deny_ip',
  'method',
  'environment',
  'auth',
  'authenticated',
] as const;
type Directive = (typeof directives)[number];

/** One line that says something; blank lines and comments are gone. */
export type Line =
  | { kind: 'path'; line: number; text: string; isRegex: boolean }
  | { kind: 'directive'; line: number; keyword: Directive; values: string[] }
  | { kind: 'fault'; line: number; fault: AclFault; isPath: boolean };

/**
 * Cuts a text into the lines of Puppet's auth.conf. Beyond Puppet it reads an indented `path`
 * and a byte order mark; it never throws and looks at each character a bounded number of times
 * (hence no regex with two neighbouring repeats: V8 would take quadratic time).
 * @see Puppet::Network::AuthConfigParser#parse_rights (Puppet 3.8.7)
 */
export function* readLines(text: string, file: string): Generator<Line> {
  const body = text.startsWith('\u{feff}') ? text.slice(1) : text;
  let line = 0;
  for (const raw of body.split('\n')) {
    line += 1;
    const said = readLine(raw, { file, line });
    if (said !== undefined) yield said;
  }
}

/**
 * Whether this is the other file of that name: puppetserver's, in HOCON.
 * @see trapperkeeper-authorization, doc/authorization-config.md
 */
export function isHocon(text: string): boolean {
  for (const raw of text.split('\n', headLinesMax)) {
    const line = raw.replace(/^\u{feff}/u, '').trim();
    if (line === '' || /^(?:#|\/\/|\{$)/.test(line)) continue;
    return /^\{?\s*"?authorization"?(?:\s*[:={]|$)/.test(line);
  }
  return false;
}

/** A licence and an introduction may stand above the first line that says something. */
const headLinesMax = 500;

function readLine(
  raw: string,
  at: { file: string; line: number },
): Line | undefined {
  const { line } = at;
  const whole = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  const content = trimBlanks(whole);
  if (content.startsWith('#') || isBlank(content)) return undefined;
  const keyword = /^[a-z_]+(?=[ \t]|$)/.exec(content)?.[0] ?? '';
  const isPath = keyword === 'path';
  const refused = (fault: AclFault): Line => {
    return { kind: 'fault', line, fault, isPath };
  };
  if (whole.length > aclLimits.lineMaxChars) {
    return refused(aclFaults.lineTooLong(at, whole.length));
  }
  if (isPath) {
    const path = readPath(whole.slice(whole.indexOf('path') + 4));
    if (path === undefined) return refused(aclFaults.lineInvalid(at, content));
    if (hasControls(path.text)) {
      return refused(aclFaults.pathInvalid(at, path.text));
    }
    return { kind: 'path', line, ...path };
  }
  if (!isDirective(keyword)) {
    return refused(aclFaults.lineInvalid(at, content));
  }
  const value = trimBlanks(beforeHash(content.slice(keyword.length)));
  if (hasControls(value)) return refused(aclFaults.lineInvalid(at, content));
  const values = splitList(value);
  return values === undefined
    ? refused(aclFaults.valueMissing(at, keyword))
    : { kind: 'directive', line, keyword, values };
}

/**
 * The path ends at the first blank, and only blanks may follow. A tab does not end it: Puppet
 * takes it for a part of the path, which then never matches, so it stays in the text and is refused.
 */
function readPath(
  rest: string,
): { text: string; isRegex: boolean } | undefined {
  const start = trimStart(rest);
  const isRegex = start.startsWith('~ ') || start.startsWith('~\t');
  const target = isRegex ? trimStart(start.slice(1)) : start;
  const end = target.indexOf(' ');
  const text = end === -1 ? target : target.slice(0, end);
  const isAlone = end === -1 || trimStart(target.slice(end)) === '';
  return text === '' || !isAlone ? undefined : { text, isRegex };
}

function beforeHash(text: string): string {
  const hash = text.indexOf('#');
  return hash === -1 ? text : text.slice(0, hash);
}

/** As Ruby's split: empty values at the end are dropped, others are a mistake (undefined). */
function splitList(value: string): string[] | undefined {
  const values = value.split(',').map(trimBlanks);
  while (values.at(-1) === '') values.pop();
  return values.length === 0 || values.includes('') ? undefined : values;
}

function isDirective(word: string): word is Directive {
  return (directives as readonly string[]).includes(word);
}

/** Blanks and tabs only: String#trim would also take a no-break space, which Puppet does not. */
function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && isBlankAt(text, end - 1)) end -= 1;
  return trimStart(text.slice(0, end));
}

function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isBlankAt(text, start)) start += 1;
  return text.slice(start);
}

function isBlankAt(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t';
}

/** A line of nothing but white space, such as the form feed between two pages. */
function isBlank(content: string): boolean {
  return /^[ \t\r\f\v]*$/.test(content);
}

function hasControls(text: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/.test(text);
}
