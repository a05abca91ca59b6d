import { shownName } from './name-bytes.ts';

/** The protocol's Label: so much of a name, and no control character. */
const labelMost = 200;

/**
 * A name of the monitor as kickd is told it, to match its own configuration and to be read: as it is shown, and cut
 * where it is longer than a label of the wire may be. A kick must never fail for the name of its service.
 */
export function labelOf(name: string): string {
  const shown = shownName(name).replaceAll(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    '\ufffd',
  );
  if (shown.length <= labelMost) return shown;
  // Half a pair is no character.
  return `${shown.slice(0, labelMost - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
