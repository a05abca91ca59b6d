import { toAsciiJson } from '../../io/ascii-json.ts';

/** One record on one line. */
export function toJsonLine(value: unknown): string {
  return toAsciiJson(JSON.stringify(value));
}
