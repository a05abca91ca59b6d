import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseUnitCredentials } from '../../src/config/unit-credentials.ts';

const shipped = readFileSync(
  new URL('../../../../deploy/systemd/kickd.service', import.meta.url),
  'utf8',
);
const own = { cert: '/etc/kickd/ssl/cert.pem', key: '/etc/kickd/ssl/key.pem' };

t.test('what the unit hands over', (t) => {
  t.same(parseUnitCredentials(shipped), own);
  t.same(parseUnitCredentials('[Service]\n# LoadCredential=cert.pem:/x\n'), {});
  t.end();
});

t.test('a drop-in adds to it, or begins anew', (t) => {
  const ca = 'LoadCredential=ca.pem:/var/lib/puppet/ssl/certs/ca.pem\n';
  t.same(parseUnitCredentials(shipped + ca), {
    ...own,
    ca: '/var/lib/puppet/ssl/certs/ca.pem',
  });
  t.same(parseUnitCredentials(`${shipped}LoadCredential=\n${ca}`), {
    ca: '/var/lib/puppet/ssl/certs/ca.pem',
  });
  t.same(
    parseUnitCredentials('LoadCredential=other.pem:/x\n'),
    {},
    'none of ours',
  );
  t.end();
});
