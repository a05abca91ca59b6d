import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from '../../src/io/make-folder.ts';

t.test('makes what is missing, with the mode', async (t) => {
  const path = join(t.testdir({}), 'a', 'b', 'c');
  makeFolder(path, 0o700);
  makeFolder(path, 0o700);
  t.equal(statSync(path).mode & 0o777, 0o700);
});

t.test('says why where there can be none', async (t) => {
  const dir = t.testdir({ file: '' });
  t.throws(() => makeFolder('/proc/none/deeper', 0o700), { code: 'ENOENT' });
  t.throws(() => makeFolder(join(dir, 'file'), 0o700), { code: 'EEXIST' });
  t.throws(() => makeFolder(join(dir, 'file', 'x'), 0o700), /EEXIST|ENOTDIR/);
});
