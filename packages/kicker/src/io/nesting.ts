const quote = 0x22;
const backslash = 0x5c;
/** `[` and `{` differ in this one bit, and so do `]` and `}`. */
const bracketBit = 0x20;
const opens = 0x7b;
const closes = 0x7d;

/**
 * Whether a JSON text nests deeper than `most` levels. Asked before it is parsed: parsing takes any depth, and whoever
 * walks through the value later runs out of stack.
 * @param json bytes of UTF-8; of what is no JSON the answer means nothing
 */
export function nestsDeeper(json: Uint8Array, most: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (isInText) {
      if (byte === backslash) at += 1;
      else if (byte === quote) isInText = false;
    } else if (byte === quote) isInText = true;
    else if ((byte | bracketBit) === opens) {
      depth += 1;
      if (depth > most) return true;
    } else if ((byte | bracketBit) === closes) depth -= 1;
  }
  return false;
}
