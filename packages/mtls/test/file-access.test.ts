import { chmodSync } from 'node:fs';
import { createPki, writeSsl } from '@kickd/testkit';
import t from 'tap';
import { isWritableByOthers, modeOf } from '../src/file-access.ts';
import { readMaterial, readMaterialSync, type TlsFiles } from '../src/index.ts';

t.test('who may change a file', async (t) => {
  const root = { uid: 0, gid: 0 };
  const user = { uid: 1000, gid: 1000 };
  const cases: [number, number, { uid: number; gid: number }, boolean][] = [
    [0o644, 0, root, false],
    [0o664, 0, root, false],
    [0o664, 1000, root, true],
    [0o666, 0, root, true],
    [0o664, 1000, user, false],
    [0o664, 100, user, true],
    [0o640, 100, user, false],
    [0o602, 1000, user, true],
  ];
  for (const [mode, gid, self, expected] of cases)
    t.equal(
      isWritableByOthers({ mode: 0o100000 | mode, uid: self.uid, gid }, self),
      expected,
      `${modeOf({ mode })} of group ${String(gid)} for ${String(self.uid)}`,
    );
});

t.test('a file that is open to others is not read', async (t) => {
  const pki = createPki();
  const texts = { ...pki.issue({ certname: 'a' }), ca: pki.ca, crl: pki.crl };
  const cases: [keyof TlsFiles, number, string | undefined][] = [
    ['key', 0o640, undefined],
    ['key', 0o400, undefined],
    ['key', 0o644, 'KEY_EXPOSED'],
    ['key', 0o602, 'TLS_FILE_WRITABLE'],
    ['cert', 0o644, undefined],
    ['cert', 0o646, 'TLS_FILE_WRITABLE'],
    ['ca', 0o666, 'TLS_FILE_WRITABLE'],
    ['crl', 0o646, 'TLS_FILE_WRITABLE'],
  ];
  for (const [what, mode, code] of cases) {
    const files = writeSsl(t.testdir({}), texts);
    chmodSync(files[what], mode);
    const name = `${what} ${modeOf({ mode })}`;
    if (code === undefined) {
      t.doesNotThrow(() => readMaterialSync(files), name);
      await t.resolves(readMaterial(files), name);
      continue;
    }
    const facts = { code, exitCode: 3, remedy: /chmod (o=|go-w)/ };
    t.throws(() => readMaterialSync(files), facts, name);
    await t.rejects(readMaterial(files), facts, name);
  }
});
