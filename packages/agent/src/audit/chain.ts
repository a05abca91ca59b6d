import type { AuditEntry } from './entry.ts';

/** SHA-256 of a text, lower-case hexadecimal. */
export type Sha256 = (text: string) => string;

/** Where a chain of lines stands: the next line names this one's hash. */
export interface ChainHead {
  /** of the last line; 0 before the first */
  seq: number;
  hash: string;
}

/** A line as it was read back; whether it is genuine is for `verify.ts`. */
export interface ChainLine {
  seq: number;
  prev: string;
  hash: string;
  /** of an `opened` line: bytes of a line before it that was not written whole */
  torn?: number;
  /** the text that the hash is of */
  hashed: string;
}

export const chainStart: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/**
 * The next line of a chain, without its newline: JSON whose last two members are the hash of the line
 * before and the hash of its own text up to there. What was hashed is what stands in the file, byte
 * by byte, so that nobody has to write JSON the same way twice.
 */
export function nextLine(
  head: ChainHead,
  at: Date,
  entry: AuditEntry,
  sha256: Sha256,
): { line: string; head: ChainHead } {
  const seq = head.seq + 1;
  const whole = JSON.stringify({
    seq,
    at: at.toISOString(),
    ...entry,
    prev: head.hash,
  });
  const hashed = whole.slice(0, -1);
  const hash = sha256(hashed);
  return { line: `${hashed},"hash":"${hash}"}`, head: { seq, hash } };
}

const shape =
  /^(\{"seq":([1-9]\d{0,14}),"at":"[^"]*","event":"([a-z-]+)"(?:,"torn":(\d{1,9}))?[\x20-\x7e]*,"prev":"([0-9a-f]{64})"),"hash":"([0-9a-f]{64})"\}$/;

/** @returns undefined for whatever no kickd wrote */
export function readLine(text: string): ChainLine | undefined {
  const [, hashed, seq, event, torn, prev, hash] = shape.exec(text) ?? [];
  if (
    hashed === undefined ||
    event === undefined ||
    prev === undefined ||
    hash === undefined
  ) {
    return undefined;
  }
  return {
    seq: Number(seq),
    prev,
    hash,
    ...(event === 'opened' && torn !== undefined && { torn: Number(torn) }),
    hashed,
  };
}
