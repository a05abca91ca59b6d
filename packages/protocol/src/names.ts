import { Type, type Static } from 'typebox';
import { patterns } from './patterns.ts';

/**
 * A certname as Puppet's CA signs it: lower case, no wildcard, no control character.
 * Identity is always this exact text.
 */
export const Certname = Type.String({
  pattern: patterns.certname,
});
export type Certname = Static<typeof Certname>;

/** A Puppet tag: @see Puppet::Util::Tagging::ValidTagRegex, narrowed to ASCII. */
export const Tag = Type.String({
  pattern: patterns.tag,
});
export type Tag = Static<typeof Tag>;

/** The name of an environment: `\w+` in Puppet. */
export const Environment = Type.String({ pattern: patterns.environment });
export type Environment = Static<typeof Environment>;

/** The name of a CM profile in kickd's configuration. */
export const ProfileName = Type.String({
  pattern: patterns.profileName,
});
export type ProfileName = Static<typeof ProfileName>;

/**
 * UTC, ISO 8601, to the second or the millisecond, always with Z.
 * The pattern refuses 2026-13-40, the calendar (February 30) is left to Date.
 */
export const Instant = Type.String({
  pattern: patterns.instant,
});
export type Instant = Static<typeof Instant>;

/** Printable text of a monitor (host, service, problem id): no control characters, at most 200. */
export const Label = Type.String({
  pattern: patterns.label,
});
export type Label = Static<typeof Label>;
