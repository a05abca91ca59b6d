/** Letters, marks, digits, punctuation and symbols of any language: what a reader sees, one beside the other. */
const shown = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
/** Among them, what shows nothing: fillers of Hangul, variation selectors, joiners. */
const ignorable = /^\p{Default_Ignorable_Code_Point}$/u;
const shownAscii = /^[ -~]$/;

/**
 * Foreign text made safe for a log line, a terminal or a JSON reply. Letters of every language stay; what
 * moves the cursor, forges a line, turns the direction of writing or shows nothing (C0, C1, bidi, U+2028,
 * zero width, private use) becomes an escape `\u{…}`.
 *
 * A text that is printable already comes out as it went in, so nothing is lost where two programs both make
 * sure: a backslash is an ordinary character.
 * @param maxChars in UTF-16 units; a longer text ends in `...`
 */
export function printable(text: string, maxChars = 256): string {
  return escaped(
    text,
    maxChars,
    (character) => shown.test(character) && !ignorable.test(character),
  );
}

/**
 * The same in ASCII alone, for whatever is an identity: letters of other alphabets look like ours.
 * A certname, a name in a certificate, the audit file.
 */
export function printableAscii(text: string, maxChars = 256): string {
  return escaped(text, maxChars, (character) => shownAscii.test(character));
}

function escaped(
  text: string,
  maxChars: number,
  isShown: (character: string) => boolean,
): string {
  let safe = '';
  /** how much of it fits in front of `...` */
  let fits = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    safe += isShown(character) ? character : `\\u{${point.toString(16)}}`;
    if (safe.length <= maxChars - 3) fits = safe.length;
    if (safe.length > maxChars) return `${safe.slice(0, fits)}...`;
  }
  return safe;
}
