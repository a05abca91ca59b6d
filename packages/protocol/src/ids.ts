import { Type, type Static } from 'typebox';
import { patterns } from './patterns.ts';

/**
 * A UUIDv7 in lower case: the id of a kick (made by the asker, the idempotency key) and of a run.
 * @see RFC 9562, section 5.7
 */
export const Uuid7 = Type.String({
  pattern: patterns.uuid7,
});
export type Uuid7 = Static<typeof Uuid7>;
