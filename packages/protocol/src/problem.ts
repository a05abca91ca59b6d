import { Type, type Static } from 'typebox';

/**
 * The body of every reply that is not 2xx.
 * @see RFC 9457; `type` is always about:blank, `code` is the stable word
 */
export const Problem = Type.Object({
  type: Type.Literal('about:blank'),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  /** the next thing to type or to read */
  remedy: Type.String(),
});
export type Problem = Static<typeof Problem>;

export const problemContentType = 'application/problem+json';
