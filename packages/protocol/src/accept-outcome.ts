/**
 * A request header: the outcomes that the caller knows beyond those of the first version, separated by commas. Whoever
 * does not name `not-needed` reads `unchanged` with the code `not-needed` in its place.
 */
export const acceptOutcome = {
  header: 'accept-outcome',
  all: 'not-needed',
} as const;
