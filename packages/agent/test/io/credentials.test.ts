import t from 'tap';
import { withCredentials } from '../../src/io/credentials.ts';

const files = { cert: '/c', key: '/k', ca: '/ca', crl: '/crl' };

t.test('what systemd hands over stands in for the files', (t) => {
  const folder = t.testdir({ 'cert.pem': '', 'key.pem': '', other: '' });
  t.same(withCredentials(files, folder), {
    ...files,
    cert: `${folder}/cert.pem`,
    key: `${folder}/key.pem`,
  });
  t.same(withCredentials(files, undefined), files);
  t.same(withCredentials(files, t.testdir({})), files, 'none of ours');
  t.end();
});

t.test('a CA and a CRL that the listener cannot read itself', (t) => {
  const folder = t.testdir({ 'ca.pem': '', 'crl.pem': '' });
  t.same(withCredentials(files, folder), {
    ...files,
    ca: `${folder}/ca.pem`,
    crl: `${folder}/crl.pem`,
  });
  t.end();
});

t.test('one half of a pair is a mistake', (t) => {
  for (const name of ['cert.pem', 'key.pem']) {
    t.throws(() => withCredentials(files, t.testdir({ [name]: '' })), {
      code: 'CREDENTIALS_INCOMPLETE',
    });
  }
  t.end();
});
