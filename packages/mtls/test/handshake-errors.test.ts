import t from 'tap';
import { explainHandshake } from '../src/index.ts';

const cases: [string, string][] = [
  ['ERR_SSL_HTTP_REQUEST', 'HANDSHAKE_PLAIN_HTTP'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'HANDSHAKE_OLD_VERSION'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'HANDSHAKE_NOTHING_SHARED'],
  ['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', 'HANDSHAKE_NOTHING_SHARED'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'HANDSHAKE_NO_HTTP1'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'HANDSHAKE_TIMEOUT'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'HANDSHAKE_REFUSED_BY_CLIENT'],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', 'HANDSHAKE_REFUSED_BY_CLIENT'],
  ['ECONNRESET', 'HANDSHAKE_HANG_UP'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'HANDSHAKE_FAILED'],
];
for (const [code, ours] of cases)
  t.match(
    explainHandshake(Object.assign(new Error('x'), { code })),
    { code: ours, remedy: /./, exitCode: 3 },
    code,
  );
t.match(explainHandshake(new Error('odd\u001b[31m')), {
  code: 'HANDSHAKE_FAILED',
  message: /odd\\u\{1b\}\[31m/,
});
