import { oneLine, type FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { bytesOfName } from '../../events/name-bytes.ts';
import type { Errand } from '../../outbox/action.ts';

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
 * The external command that does an errand in Nagios.
 * `;` separates fields and cannot be escaped, a newline ends the command: a name with either is refused. A
 * text may hold `;` where it is the last field; it is brought to one printable line. The names go out with the bytes
 * that Nagios itself wrote, whatever the text is in: another spelling is another service, and Nagios drops it.
 * @param author who says it: comments and acknowledgements
 * @param epochSeconds now
 * @see https://assets.nagios.com/downloads/nagioscore/docs/externalcmds/
 */
export function externalCommand(
  errand: Exclude<Errand, { kind: 'command' }>,
  author: string,
  epochSeconds: number,
): ExternalCommand {
  const { host, service } = errand;
  for (const name of service === undefined ? [host] : [host, service]) {
    // oxlint-disable-next-line no-control-regex
    if (name === '' || /[;\u0000-\u001f\u007f]/.test(name)) {
      return { kind: 'fault', fault: errors.recheckName(name) };
    }
  }
  const namesBytes = bytesOfName(`${host}${service ?? ''}`).length;
  const leftBytes = pipeBufBytes - otherFieldsBytes - namesBytes;
  const fields = fieldsOf(errand, {
    author: author.replaceAll(';', ','),
    epochSeconds,
    textBytes: Math.max(unitMaxBytes, Math.min(textMaxBytes, leftBytes)),
  });
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
  errand: Exclude<Errand, { kind: 'command' }>,
  {
    author,
    epochSeconds,
    textBytes,
  }: { author: string; epochSeconds: number; textBytes: number },
): (string | number)[] {
  const { host } = errand;
  const text = (raw: string): string => textOf(raw, textBytes);
  switch (errand.kind) {
    case 'recheck':
      // A time in the past means now.
      return ['SCHEDULE_FORCED_SVC_CHECK', host, errand.service, epochSeconds];
    case 'comment': {
      // Not persistent: it goes when Nagios restarts.
      const rest = [0, author, text(errand.text)];
      return errand.service === undefined
        ? ['ADD_HOST_COMMENT', host, ...rest]
        : ['ADD_SVC_COMMENT', host, errand.service, ...rest];
    }
    case 'acknowledge':
      // Sticky (2): until it is OK. No notification, and its comment goes with it.
      return [
        'ACKNOWLEDGE_SVC_PROBLEM',
        host,
        errand.service,
        2,
        0,
        0,
        author,
        text(errand.text),
      ];
    case 'remove-acknowledgement':
      return ['REMOVE_SVC_ACKNOWLEDGEMENT', host, errand.service];
    case 'result':
      return [
        'PROCESS_SERVICE_CHECK_RESULT',
        host,
        errand.service,
        errand.code,
        // What follows a | would be performance data.
        text(errand.text).replaceAll('|', '/'),
      ];
  }
}

function textOf(raw: string, mostBytes: number): string {
  const line = oneLine(raw, mostBytes);
  return Buffer.byteLength(line) <= mostBytes
    ? line
    : oneLine(raw, Math.floor(mostBytes / unitMaxBytes));
}
