import { printableAscii } from '@kickd/protocol';
import type { Told } from '../told.ts';

/** One line's own words, in the order in which they are written. */
export type AuditEntry = Readonly<Record<string, string | number>>;

/** Longer texts are cut: a line stays below 4 KiB whatever is sent. */
const textMax = 256;

/**
 * What is told, as a line of the audit file: every request, accepted or refused, and every connection
 * that did not come to one. Everything else is the log's.
 * @returns undefined where the event is no business of the audit; text is printable ASCII
 */
export function auditEntryOf(event: Told): AuditEntry | undefined {
  switch (event.event) {
    case 'request':
      return clean({
        event: event.event,
        ip: event.ip,
        certname: event.certname,
        serial: event.serial,
        fingerprint: event.fingerprint,
        method: event.method,
        path: event.path,
        status: event.status,
        decision: event.decision,
        rule: event.rule,
        file: event.file,
        line: event.line,
        reason: event.reason,
        code: event.code,
        kick: event.kick,
        run: event.run,
        durationMs: event.durationMs,
      });
    case 'handshake-refused':
      return clean({
        event: event.event,
        ip: event.ip,
        certname: event.certname,
        serial: event.serial,
        fingerprint: event.fingerprint,
        issuer: event.issuer,
        decision: 'deny',
        reason: event.message,
        code: event.code,
      });
    case 'handshake-failed':
    case 'connection-refused':
      return clean({
        event: event.event,
        ip: event.ip,
        decision: 'deny',
        reason: event.message,
        code: event.code,
        count: 'count' in event ? event.count : undefined,
      });
    default:
      return undefined;
  }
}

function clean(
  facts: Readonly<Record<string, string | number | undefined>>,
): AuditEntry {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, value]) =>
      value === undefined
        ? []
        : [
            [
              key,
              typeof value === 'string'
                ? printableAscii(value, textMax)
                : value,
            ],
          ],
    ),
  );
}
