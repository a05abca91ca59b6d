import t from 'tap';
import { findUser } from '../../src/io/find-user.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
# a comment, a line that is cut, one with a number that is none
nagios:x:112
odd:x:1x:1:::
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
toor:x:0:0:root again:/root:/bin/bash
nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin
+netgroup
`;

t.test('a user of /etc/passwd', async (t) => {
  const file = `${t.testdir({ passwd })}/passwd`;
  t.strictSame(await findUser('nobody', file), { uid: 65534, gid: 65533 });
  t.strictSame(await findUser('toor', file), { uid: 0, gid: 0 });
  t.strictSame(await findUser('daemon', file), { uid: 1, gid: 1 });
});

t.test('one that another service of names knows', async (t) => {
  // the file here has none, so that the system itself is asked
  const file = `${t.testdir({ passwd: '' })}/passwd`;
  t.strictSame(await findUser('root', file), { uid: 0, gid: 0 });
});

t.test('nobody of that name', async (t) => {
  const file = `${t.testdir({ passwd })}/passwd`;
  for (const name of ['kickd-no-such-user', 'nagios-x', 'odd']) {
    t.equal(await findUser(name, file), undefined, name);
  }
});
