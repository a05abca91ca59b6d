import { chmodSync, chownSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readTrusted } from '../../src/io/trusted-file.ts';

const isRoot = process.getuid?.() === 0;
const setUp = (t: Test): { folder: string; file: string } => {
  const folder = t.testdir({ folder: { file: 'text' } });
  return { folder: join(folder, 'folder'), file: join(folder, 'folder/file') };
};

t.test('a file that is ours is read', async (t) => {
  for (const mode of [0o400, 0o600, 0o644]) {
    const { file } = setUp(t);
    chmodSync(file, mode);
    t.equal(readTrusted('ACL', file), 'text');
  }
  const { folder, file } = setUp(t);
  chmodSync(folder, 0o1777);
  t.equal(readTrusted('ACL', file), 'text', 'in a folder as /tmp');
});

t.test('a file that others may change is not', async (t) => {
  const refused = { code: 'FILE_WRITABLE', exitCode: 2, remedy: /chmod go-w/ };
  const { folder, file } = setUp(t);
  chmodSync(file, 0o646);
  t.throws(() => readTrusted('ACL', file), refused);
  chmodSync(file, 0o644);
  chmodSync(folder, 0o757);
  t.throws(() => readTrusted('ACL', file), {
    ...refused,
    message: /^others than its owner may change the folder of the ACL /,
  });
});

t.test('a link is as good as both of its folders', async (t) => {
  const { folder, file } = setUp(t);
  const link = join(folder, '..', 'link');
  symlinkSync(file, link);
  t.equal(readTrusted('ACL', link), 'text');
  chmodSync(folder, 0o757);
  t.throws(() => readTrusted('ACL', link), { code: 'FILE_WRITABLE' });
});

t.test(
  'a file of another user is not',
  { skip: isRoot ? false : 'only root can give a file away' },
  async (t) => {
    const { folder, file } = setUp(t);
    chownSync(file, 12345, 0);
    const refused = { code: 'FILE_OWNER', message: /user 12345/ };
    t.throws(() => readTrusted('ACL', file), refused);
    chownSync(file, 0, 0);
    chownSync(folder, 12345, 0);
    t.throws(() => readTrusted('ACL', file), refused);
    chownSync(folder, 0, 12345);
    chmodSync(folder, 0o775);
    t.throws(() => readTrusted('ACL', file), { code: 'FILE_WRITABLE' });
  },
);

t.test('what is not there is told as the system tells it', async (t) => {
  t.throws(() => readTrusted('ACL', join(t.testdir({}), 'none')), {
    code: 'ENOENT',
  });
});
