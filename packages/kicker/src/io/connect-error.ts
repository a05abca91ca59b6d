import { explainServerRefused } from '@kickd/mtls';
import { Fault, printable, type FaultFacts } from '@kickd/protocol';
import { errors, exitCodes } from '../errors.ts';
import type { Target } from '../fleet/target.ts';
import type { NotConnected } from './agent-connection.ts';
import { codeOf } from './error-code.ts';

/**
 * Puts an error from before the handshake's end into words. Whatever it is: nothing was sent.
 * @param hasTcp whether TCP stood, so that the error is about TLS
 */
export function explainConnect(
  error: Error | 'timeout',
  target: Target,
  hasTcp: boolean,
  connectMs = 0,
): NotConnected {
  const { address, port, certname } = target;
  if (error === 'timeout') {
    return {
      kind: 'not-sent',
      fault: hasTcp
        ? errors.handshakeTimeout(address, port, connectMs)
        : errors.connectTimeout(address, port, connectMs),
    };
  }
  // Ours, from checkServerIdentity: the certname is another.
  if (error instanceof Fault) {
    const { code, message, remedy } = error;
    return {
      kind: 'refused-tls',
      fault: { code, message, remedy, exitCode: exitCodes.refused },
    };
  }
  const code = codeOf(error);
  const why = printable(error.message);
  const refused =
    explainServerRefused(error, certname) ??
    (otherVerdict.test(code)
      ? errors.serverNotTrusted(certname, 'SERVER_NOT_TRUSTED', code)
      : undefined);
  if (refused !== undefined) {
    return {
      kind: 'refused-tls',
      fault: { ...refused, exitCode: exitCodes.refused },
    };
  }
  if (isAlert(code)) {
    return { kind: 'refused-tls', fault: explainAlert(code, certname) };
  }
  if (!hasTcp) {
    if (code === 'ENOTFOUND' || code.startsWith('EAI_')) {
      return { kind: 'not-sent', fault: errors.nameUnknown(address, code) };
    }
    if (code === 'ECONNREFUSED') {
      return { kind: 'not-sent', fault: errors.connectRefused(address, port) };
    }
    if (code === 'ETIMEDOUT') {
      return {
        kind: 'not-sent',
        fault: errors.connectTimeout(address, port, connectMs),
      };
    }
    return {
      kind: 'not-sent',
      fault: errors.connectFailed(address, port, code || why),
    };
  }
  return {
    kind: 'not-sent',
    fault: errors.handshakeFailed(address, port, code || why),
  };
}

/** A TLS alert from the host: its word about our certificate or about what we offered. */
export function isAlert(code: string): boolean {
  return /_ALERT_|_ALERT$/.test(code);
}

/** The alert in words; the code of the fault is stable, OpenSSL's own stands in the message. */
export function explainAlert(code: string, certname: string): FaultFacts {
  const ours =
    Object.entries(alertVerdicts).find(([part]) => code.includes(part))?.[1] ??
    'HANDSHAKE_REFUSED';
  return errors.certificateRefused(certname, ours, code);
}

/** A verdict about a certificate that has no words of its own. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const otherVerdict =
  /^(CERT_|CRL_|INVALID_CA|PATH_LENGTH_EXCEEDED|UNABLE_TO_DECRYPT_C|ERROR_IN_C)/;

/** Part of OpenSSL's code of an alert, and our word for it: the words of mtls's 403. */
const alertVerdicts: Record<string, string> = {
  CERTIFICATE_REVOKED: 'PEER_REVOKED',
  CERTIFICATE_EXPIRED: 'PEER_EXPIRED',
  UNKNOWN_CA: 'PEER_UNKNOWN_CA',
  CERTIFICATE_REQUIRED: 'PEER_NO_CERTIFICATE',
  BAD_CERTIFICATE: 'PEER_REFUSED',
  CERTIFICATE_UNKNOWN: 'PEER_REFUSED',
  UNSUPPORTED_CERTIFICATE: 'PEER_USAGE',
  ACCESS_DENIED: 'PEER_REFUSED',
  PROTOCOL_VERSION: 'HANDSHAKE_VERSION',
};
