import { Type, type Static } from 'typebox';

/**
 * A UUIDv7 in lower case: the id of a kick (made by the asker, the idempotency key) and of a run.
 * @see RFC 9562, section 5.7
 */
export const Uuid7 = Type.String({
  pattern:
    '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
});
export type Uuid7 = Static<typeof Uuid7>;

/**
 * A new UUIDv7 from a clock and a source of randomness.
 * @param nowMs milliseconds since the epoch, 0 … 2^48-1
 * @param random at least 10 random bytes
 */
export function createUuid7(nowMs: number, random: Uint8Array): Uuid7 {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(nowMs / 2 ** 32));
  view.setUint32(2, nowMs % 2 ** 32);
  bytes.set(random.subarray(0, 10), 6);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  return [
    hex.slice(0, 4),
    hex.slice(4, 6),
    hex.slice(6, 8),
    hex.slice(8, 10),
    hex.slice(10),
  ]
    .map((part) => part.join(''))
    .join('-');
}
