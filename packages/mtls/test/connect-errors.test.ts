import t from 'tap';
import { explainServerRefused } from '../src/index.ts';

const cases: [string, string | undefined][] = [
  ['CERT_HAS_EXPIRED', 'SERVER_EXPIRED'],
  ['CERT_REVOKED', 'SERVER_REVOKED'],
  ['UNABLE_TO_GET_CRL', 'SERVER_UNKNOWN_CA'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'SERVER_UNKNOWN_CA'],
  ['CRL_HAS_EXPIRED', 'SERVER_CRL_EXPIRED'],
  ['INVALID_PURPOSE', 'SERVER_USAGE'],
  ['ECONNREFUSED', undefined],
  ['SERVER_NAME_MISMATCH', undefined],
];
for (const [code, ours] of cases) {
  const facts = explainServerRefused(
    Object.assign(new Error('x'), { code }),
    'web1.example.com',
  );
  t.equal(facts?.code, ours, code);
  if (facts)
    t.match(facts, {
      message: /^web1\.example\.com is not trusted: /,
      remedy: /puppet|timedatectl/,
    });
}
t.equal(explainServerRefused(new Error('x'), 'a'), undefined);
