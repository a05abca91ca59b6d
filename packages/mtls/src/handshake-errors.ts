import { printable, type FaultFacts } from '@kickd/protocol';

/**
 * A handshake that a server could not finish, in plain words.
 * @param error of 'tlsClientError'; its `code` is OpenSSL's reason or a socket error
 */
export function explainHandshake(error: Error): FaultFacts {
  const code = 'code' in error ? String(error.code) : '';
  const make = (ours: string, message: string, remedy: string): FaultFacts => ({
    code: ours,
    exitCode: 3,
    message,
    remedy,
  });
  if (code === 'ERR_SSL_HTTP_REQUEST')
    return make(
      'HANDSHAKE_PLAIN_HTTP',
      'plain HTTP came to the TLS port',
      'use https:// in the address',
    );
  if (/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|PROTOCOL_VERSION/.test(code))
    return make(
      'HANDSHAKE_OLD_VERSION',
      'the client speaks only an older TLS version',
      'look: openssl s_client -tls1_3 -connect ADDRESS:8139; a client without TLS 1.3 needs minVersion TLSv1.2 here',
    );
  if (/NO_SHARED_CIPHER|NO_SUITABLE|NO_COMMON|NO_SHARED_GROUP/.test(code))
    return make(
      'HANDSHAKE_NOTHING_SHARED',
      `the client shares no cipher, group or signature algorithm (${printable(code)})`,
      'look: openssl s_client -connect ADDRESS:8139 -msg',
    );
  if (code === 'ERR_SSL_NO_APPLICATION_PROTOCOL')
    return make(
      'HANDSHAKE_NO_HTTP1',
      'the client offers no HTTP/1.1 (ALPN)',
      'let it speak HTTP/1.1: curl --http1.1',
    );
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT')
    return make(
      'HANDSHAKE_TIMEOUT',
      'the client did not finish its handshake in time',
      'look whether it speaks TLS: openssl s_client -connect ADDRESS:8139',
    );
  // An alert is the client's word about our certificate or about what we offered.
  if (/_ALERT_|_ALERT$/.test(code))
    return make(
      'HANDSHAKE_REFUSED_BY_CLIENT',
      `the client ended the handshake: ${printable(code)}`,
      'it may not trust our certificate: openssl s_client -connect ADDRESS:8139 -CAfile CA.pem',
    );
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return make(
      'HANDSHAKE_HANG_UP',
      'the client hung up during the handshake',
      'a port check or a client that refused our certificate: look at its log',
    );
  return make(
    'HANDSHAKE_FAILED',
    `the handshake failed: ${printable(code === '' ? error.message : code)}`,
    'look: openssl s_client -connect ADDRESS:8139',
  );
}
