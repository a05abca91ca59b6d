import { oneLine, type FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { bytesOfName } from '../../events/name-bytes.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import { endInSeconds } from '../instants.ts';

export type ExternalCommand =
  { kind: 'line'; line: Uint8Array } | { kind: 'fault'; fault: FaultFacts };

/** A write up to this size into a pipe is never mixed with another. @see pipe(7), PIPE_BUF */
const pipeBufBytes = 4096;
/** As long as anybody reads. */
const textMaxBytes = 2000;
/** Time, command, author and numbers. */
const otherFieldsBytes = 400;
/** Of UTF-8 for one unit of UTF-16, at most. */
const unitMaxBytes = 3;

/**
 * The external command that brings feedback to Nagios.
 * `;` separates fields and cannot be escaped, a newline ends the command: a name with either is refused. A
 * text may hold `;` where it is the last field; it is brought to one printable line. The names go out with the bytes
 * that Nagios itself wrote, whatever the text is in: another spelling is another service, and Nagios drops it.
 * @param author who says it: comments and acknowledgements
 * @param epochSeconds now
 * @see https://assets.nagios.com/downloads/nagioscore/docs/externalcmds/
 */
export function externalCommand(
  feedback: Feedback,
  { host, service }: Place,
  author: string,
  epochSeconds: number,
): ExternalCommand {
  for (const name of service === undefined ? [host] : [host, service]) {
    // oxlint-disable-next-line no-control-regex
    if (name === '' || /[;\u0000-\u001f\u007f]/.test(name)) {
      return { kind: 'fault', fault: errors.recheckName(name) };
    }
  }
  const namesBytes = bytesOfName(`${host}${service ?? ''}`).length;
  const leftBytes = pipeBufBytes - otherFieldsBytes - namesBytes;
  const fields = fieldsOf(
    feedback,
    service === undefined ? 'HOST' : 'SVC',
    service === undefined ? [host] : [host, service],
    {
      author: author.replaceAll(';', ','),
      epochSeconds,
      textBytes: Math.max(unitMaxBytes, Math.min(textMaxBytes, leftBytes)),
    },
  );
  const line = bytesOfName(`[${epochSeconds}] ${fields.join(';')}\n`);
  if (line.length >= pipeBufBytes) {
    const [longest = host] = [host, service ?? ''].toSorted(
      (one, other) => other.length - one.length,
    );
    return { kind: 'fault', fault: errors.recheckName(longest) };
  }
  return { kind: 'line', line };
}

function fieldsOf(
  feedback: Feedback,
  of: 'HOST' | 'SVC',
  place: readonly string[],
  {
    author,
    epochSeconds,
    textBytes,
  }: { author: string; epochSeconds: number; textBytes: number },
): (string | number)[] {
  const text = (raw: string): string => textOf(raw, textBytes);
  switch (feedback.kind) {
    case 'recheck':
      // A time in the past means now.
      return [`SCHEDULE_FORCED_${of}_CHECK`, ...place, epochSeconds];
    case 'comment':
      // Not persistent: it goes when Nagios restarts.
      return [`ADD_${of}_COMMENT`, ...place, 0, author, text(feedback.text)];
    case 'acknowledge':
      // Sticky (2): until it is OK. No notification, and its comment goes with it.
      return [
        `ACKNOWLEDGE_${of}_PROBLEM`,
        ...place,
        2,
        0,
        0,
        author,
        text(feedback.text),
      ];
    case 'unacknowledge':
      return [`REMOVE_${of}_ACKNOWLEDGEMENT`, ...place];
    case 'hold':
      return [
        `DELAY_${of}_NOTIFICATION`,
        ...place,
        endInSeconds(Date.parse(feedback.until)),
      ];
    case 'release':
      return [`DELAY_${of}_NOTIFICATION`, ...place, epochSeconds];
    case 'result':
      return [
        of === 'SVC'
          ? 'PROCESS_SERVICE_CHECK_RESULT'
          : 'PROCESS_HOST_CHECK_RESULT',
        ...place,
        resultCodes[feedback.state],
        // What follows a | would be performance data.
        text(feedback.text).replaceAll('|', '/'),
      ];
  }
}

const resultCodes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

function textOf(raw: string, mostBytes: number): string {
  const line = oneLine(raw, mostBytes);
  return Buffer.byteLength(line) <= mostBytes
    ? line
    : oneLine(raw, Math.floor(mostBytes / unitMaxBytes));
}
