import { readFileSync, statSync } from 'node:fs';

/**
 * Reads a file that somebody else writes, and parses it only when it has changed. What cannot be read, or is no such
 * file, counts as not there; `onTrouble` hears of it once, until it can be read again.
 * @param file undefined: none is configured
 * @param parse takes the text with one character a byte; undefined: it is not whole, or another file
 */
export function createParsedFile<Parsed>(
  file: string | undefined,
  parse: (text: string) => Parsed | undefined,
  onTrouble: (file: string, why: string) => void,
): () => Parsed | undefined {
  let stamp = '';
  let parsed: Parsed | undefined;
  let isInTrouble = false;
  const fail = (why: string): undefined => {
    if (!isInTrouble && file !== undefined) onTrouble(file, why);
    isInTrouble = true;
    return undefined;
  };
  return () => {
    if (file === undefined) return undefined;
    try {
      const { ino, size, mtimeMs } = statSync(file);
      const seen = `${String(ino)} ${String(size)} ${String(mtimeMs)}`;
      if (seen === stamp) return parsed;
      parsed = parse(readFileSync(file, 'latin1'));
      stamp = seen;
      if (parsed === undefined) return fail('it is not whole, or another file');
      isInTrouble = false;
      return parsed;
    } catch (error) {
      stamp = '';
      parsed = undefined;
      return fail(error instanceof Error ? error.message : String(error));
    }
  };
}
