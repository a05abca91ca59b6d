import { Type, type Static } from 'typebox';

/**
 * A certname as Puppet's CA signs it: lower case, no wildcard, no control character.
 * Identity is always this exact text.
 */
export const Certname = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,252}$',
});
export type Certname = Static<typeof Certname>;

/** A Puppet tag: @see Puppet::Util::Tagging::ValidTagRegex, narrowed to ASCII. */
export const Tag = Type.String({
  pattern: '^[a-z0-9_][a-z0-9_:.-]{0,127}$',
});
export type Tag = Static<typeof Tag>;

/** The name of an environment: `\w+` in Puppet. */
export const Environment = Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' });
export type Environment = Static<typeof Environment>;

/** The name of a CM profile in kickd's configuration. */
export const ProfileName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
});
export type ProfileName = Static<typeof ProfileName>;

/**
 * UTC, ISO 8601, to the second or the millisecond, always with Z.
 * The pattern refuses 2026-13-40, the calendar (February 30) is left to Date.
 */
export const Instant = Type.String({
  pattern:
    '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{3})?Z$',
});
export type Instant = Static<typeof Instant>;

/** Printable text of a monitor (host, service, problem id): no control characters, at most 200. */
export const Label = Type.String({
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{1,200}$',
});
export type Label = Static<typeof Label>;
