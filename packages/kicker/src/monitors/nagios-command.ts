import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';

export type ExternalCommand =
  { kind: 'line'; line: string } | { kind: 'fault'; fault: FaultFacts };

/** A write up to this size into a pipe is never mixed with another. @see pipe(7), PIPE_BUF */
const pipeBufBytes = 4096;

/**
 * The external command that makes Nagios look at a service at once.
 * `;` separates fields and cannot be escaped, a newline ends the command: a name with either is refused.
 * @param epochSeconds when to look; the past means now
 * @see https://assets.nagios.com/downloads/nagioscore/docs/externalcmds/ SCHEDULE_FORCED_SVC_CHECK
 */
export function forcedServiceCheck(
  host: string,
  service: string,
  epochSeconds: number,
): ExternalCommand {
  for (const name of [host, service]) {
    // oxlint-disable-next-line no-control-regex
    if (name === '' || /[;\u0000-\u001f\u007f]/.test(name)) {
      return { kind: 'fault', fault: errors.recheckName(name) };
    }
  }
  const line = `[${epochSeconds}] SCHEDULE_FORCED_SVC_CHECK;${host};${service};${epochSeconds}\n`;
  if (Buffer.byteLength(line) >= pipeBufBytes) {
    return { kind: 'fault', fault: errors.recheckName(host) };
  }
  return { kind: 'line', line };
}
