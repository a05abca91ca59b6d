/** Deeper than any report; the parser takes 0.1 s for this many open brackets, and for ever for a thousand. */
const bracketsMax = 64;
/** `- - - ` and `? ? ? ` on one line: as a ruler in a message, not as a structure. */
const indicatorsMax = 16;
/** Psych writes `? ` before a key of more than 128 characters: in a report at one depth, in another file at few. */
const complexKeyDepthsMax = 4;

const indicators = /^ *(?:[-?](?: +|$))*/;
const properties = /^(?:[&!*][^\s[\]{}]* +)*/;

/**
 * Whether a text nests deeper than Psych would ever write, so that a parser of YAML should not be asked: its time
 * for `? ? ? …` doubles with each of them. Looks at lines alone and takes linear time; a bracket in a message
 * counts as one, until a line that stands no deeper than the one where it was opened.
 */
export function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let openedAt = 0;
  const complexKeys = new Set<number>();
  for (const line of text.split('\n')) {
    const prefix = indicators.exec(line)?.[0] ?? '';
    const indent = prefix.search(/[^ ]|$/);
    if (prefix.length === line.length && indent === prefix.length) continue;
    if (prefix.replaceAll(' ', '').length > indicatorsMax) return true;
    if (prefix.includes('?')) complexKeys.add(indent);
    if (complexKeys.size > complexKeyDepthsMax) return true;
    if (depth > 0 && indent <= openedAt) depth = 0;
    const rest = line.slice(prefix.length).replace(properties, '');
    for (const character of rest) {
      if (character === '{' || character === '[') {
        // a collection that begins its line goes on at the same indent
        if (depth === 0) openedAt = /^[[{]/.test(rest) ? indent - 1 : indent;
        depth += 1;
      } else if (character === '}' || character === ']') {
        depth = Math.max(0, depth - 1);
      }
      if (depth > bracketsMax) return true;
    }
  }
  return false;
}
