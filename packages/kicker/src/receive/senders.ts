import { createHash, timingSafeEqual } from 'node:crypto';

/** Who may hand over messages, and for which monitor of kicker.yaml: by exact certname or by a token, never by both. */
export type Sender = { monitor: string } & (
  { certname: string } | { tokenFile: string }
);

/** What a request proves about who sent it. */
export interface Proof {
  /** of the certificate that TLS has verified */
  certname?: string;
  /** behind `Authorization: Bearer` */
  token?: string;
}

/**
 * Whether a request may speak for a monitor.
 * @param readToken of a file; throws where it cannot be read, and then that sender is nobody
 */
export function maySpeakFor(
  monitor: string,
  { certname, token }: Proof,
  senders: readonly Sender[],
  readToken: (file: string) => string,
): boolean {
  return senders.some((sender) => {
    if (sender.monitor !== monitor) return false;
    if ('certname' in sender) return sender.certname === certname;
    if (token === undefined) return false;
    try {
      return isSame(readToken(sender.tokenFile), token);
    } catch {
      return false;
    }
  });
}

/** Takes as long for a token that is nearly right. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
