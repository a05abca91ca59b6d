import { bodyMaxDepth } from '@kickd/protocol';
import { refusals, type Refusal } from '../refusals.ts';

export type StrictJson =
  { kind: 'json'; value: unknown } | { kind: 'refused'; refusal: Refusal };

/**
 * JSON without its traps: invalid UTF-8, a byte order mark, a key that stands twice, deep nesting
 * and lone surrogates are refused. JSON.parse alone lets the last of two keys win, reads bad
 * bytes as U+FFFD and follows a million brackets.
 * @see RFC 8259, sections 4 and 8
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes,
    );
  } catch {
    return { kind: 'refused', refusal: refusals.bodyEncoding() };
  }
  // Before the parse: nothing of a body that nests too deep is built.
  if (depthOf(text) > bodyMaxDepth) {
    return { kind: 'refused', refusal: refusals.bodyTooDeep() };
  }
  let hasDuplicate = false;
  let value: unknown;
  try {
    value = JSON.parse(text);
    hasDuplicate = hasDuplicateKey(text);
  } catch {
    return { kind: 'refused', refusal: refusals.bodyJson() };
  }
  if (hasDuplicate) {
    return { kind: 'refused', refusal: refusals.bodyDuplicateKey() };
  }
  if (!isWellFormed(value)) {
    return { kind: 'refused', refusal: refusals.bodyEncoding() };
  }
  return { kind: 'json', value };
}

const stringToken = /"(?:[^"\\]|\\.)*"/gy;

/** The deepest nesting of brackets outside strings; text that is not JSON gets some number. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}

function endOfString(text: string, start: number): number {
  stringToken.lastIndex = start;
  return stringToken.test(text) ? stringToken.lastIndex : text.length;
}

/** Whether an object of this (valid) JSON text names a key twice, escapes resolved. */
function hasDuplicateKey(text: string): boolean {
  const scopes: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') scopes.push(new Set());
    else if (character === '}' || character === ']') scopes.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      if (isKey(text, end)) {
        const key: unknown = JSON.parse(text.slice(at, end));
        const keys = scopes.at(-1);
        if (typeof key !== 'string' || keys === undefined || keys.has(key)) {
          return true;
        }
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return false;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(
    ([key, part]) => key.isWellFormed() && isWellFormed(part),
  );
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(text[at] ?? 'x')) at += 1;
  return text[at] === ':';
}
