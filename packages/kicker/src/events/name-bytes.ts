/**
 * A monitor's names are bytes: UTF-8 mostly, Latin-1 where the configuration is old, and Nagios never says which.
 * kicker keeps every byte, so that two names never become one and a command names the service as the monitor does.
 *
 * Valid UTF-8 is read as usual. Each byte that is no part of valid UTF-8 becomes U+EF00 + byte, a character for
 * private use. UTF-8 that itself holds one of these characters is kept as three such bytes, so the way back is exact.
 * A name in this form is an ordinary text: it survives JSON, SQLite and the keys of a Map.
 * @see https://www.mirbsd.org/htman/i386/man3/optu8to16.htm, which keeps raw octets at the same place
 */
export function nameOfBytes(bytes: Uint8Array): string {
  return decodeWhole(bytes) ?? decodeMixed(binaryOf(bytes));
}

/** The same from a text in which each character is one byte, as `latin1` reads a file. */
export function nameOfBinary(binary: string): string {
  if (!highByte.test(binary)) return binary;
  // A decoder that throws costs more than a short name: 300 ms for the 50,000 of a status.dat in Latin-1.
  if (binary.length <= shortMost) return decodeMixed(binary);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = binary.charCodeAt(at);
  }
  return decodeWhole(bytes) ?? decodeMixed(binary);
}

/** The bytes that `nameOfBytes` read; UTF-8 for a text that comes from elsewhere. */
export function bytesOfName(name: string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  if (!rawByte.test(name)) return encoder.encode(name);
  const parts = name
    .split(/([\uef80-\uefff]+)/)
    .map((part) =>
      rawByte.test(part)
        ? Uint8Array.from(part, (raw) => raw.charCodeAt(0) - rawBase)
        : encoder.encode(part),
    );
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * What a person reads, and what rules and kicker.yaml are compared with: a byte that is no UTF-8 is the Latin-1
 * character. Two names may look the same; never use it as a key.
 */
export function shownName(name: string): string {
  return rawByte.test(name)
    ? name.replaceAll(/[\uef80-\uefff]/g, (raw) =>
        String.fromCharCode(raw.charCodeAt(0) - rawBase),
      )
    : name;
}

/** The names that a person may mean who typed this one in UTF-8: itself, and the same in Latin-1. */
export function spellingsOf(typed: string): readonly string[] {
  const isLatin1 = /^[\u0000-\u00ff]*[\u0080-\u00ff][\u0000-\u00ff]*$/.test(
    typed,
  );
  return isLatin1
    ? [
        typed,
        typed.replaceAll(/[\u0080-\u00ff]/g, (letter) =>
          String.fromCharCode(letter.charCodeAt(0) + rawBase),
        ),
      ]
    : [typed];
}

const shortMost = 256;
const rawBase = 0xef00;
const rawByte = /[\uef80-\uefff]/;
const highByte = /[\u0080-\u00ff]/;

/** @returns undefined where it is not UTF-8, or holds a character that means a byte here */
function decodeWhole(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', {
      fatal: true,
      ignoreBOM: true,
    }).decode(bytes);
    return rawByte.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * A well-formed sequence of more than one byte, or else one byte. EE BE and EE BF, which would be U+EF80 to U+EFFF,
 * are left to the latter.
 * @see The Unicode Standard, table 3-7, Well-Formed UTF-8 Byte Sequences
 */
const sequence =
  /([\u00c2-\u00df][\u0080-\u00bf]|(?:\u00e0[\u00a0-\u00bf]|[\u00e1-\u00ec\u00ef][\u0080-\u00bf]|\u00ed[\u0080-\u009f]|\u00ee[\u0080-\u00bd])[\u0080-\u00bf]|(?:\u00f0[\u0090-\u00bf]|[\u00f1-\u00f3][\u0080-\u00bf]|\u00f4[\u0080-\u008f])[\u0080-\u00bf]{2})|[\u0080-\u00ff]/g;

function decodeMixed(binary: string): string {
  return binary.replaceAll(sequence, (found, whole: string | undefined) =>
    whole === undefined
      ? String.fromCharCode(found.charCodeAt(0) + rawBase)
      : characterOf(whole),
  );
}

/** @param whole a well-formed sequence of 2 to 4 bytes: the first has 5, 4 or 3 bits of the character, the others 6 */
function characterOf(whole: string): string {
  let point = whole.charCodeAt(0) & (0x7f >> whole.length);
  for (let at = 1; at < whole.length; at += 1) {
    point = (point << 6) | (whole.charCodeAt(at) & 0x3f);
  }
  return String.fromCodePoint(point);
}

/** One character a byte; in pieces, since a call takes only this many arguments. */
function binaryOf(bytes: Uint8Array): string {
  const most = 8192;
  let binary = '';
  for (let from = 0; from < bytes.length; from += most) {
    const piece = bytes.subarray(from, from + most);
    // Five times as fast as to spread it.
    binary += Reflect.apply(String.fromCharCode, undefined, piece);
  }
  return binary;
}
