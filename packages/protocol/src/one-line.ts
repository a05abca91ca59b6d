import { stripVTControlCharacters } from 'node:util';
import { outcomeLimits } from './limits.ts';
import { printable } from './printable.ts';

/**
 * What a person or a tool wrote, on one line: colours are gone, line breaks and tabs are blanks, the rest is
 * as `printable` makes it. For messages; a name keeps every character (`printable`, `printableAscii`).
 * @param maxChars in UTF-16 units; a longer text ends in `...`
 */
export function oneLine(
  text: string,
  maxChars: number = outcomeLimits.lineChars,
): string {
  const plain = stripVTControlCharacters(text);
  return printable(plain.replaceAll(/[\s\u0085]+/g, ' ').trim(), maxChars);
}
