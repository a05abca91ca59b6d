/**
 * Foreign text made safe for a log line, a terminal or a JSON reply: everything but printable
 * ASCII becomes a `\u{…}` escape, and the text is cut at `maxChars`.
 * Stops terminal escapes, forged lines and C1, bidi and U+2028 characters, which JSON leaves alone.
 */
export function printable(text: string, maxChars = 256): string {
  let safe = '';
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const isPlain = point >= 0x20 && point < 0x7f && character !== '\\';
    safe += isPlain ? character : `\\u{${point.toString(16)}}`;
    if (safe.length >= maxChars) return `${safe.slice(0, maxChars - 3)}...`;
  }
  return safe;
}
