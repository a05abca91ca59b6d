import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Fault } from '@kickd/protocol';
import { readSecretFile } from '../../src/io/secret-file.ts';

const dir = t.testdir({ folder: {} });

function fileOf(name: string, text: string | Buffer, mode = 0o600): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function codeOf(read: () => string): string {
  try {
    return `read ${read()}`;
  } catch (error) {
    return error instanceof Fault && error.remedy !== ''
      ? error.code
      : String(error);
  }
}

// Each row: what the file holds, its mode, and what is read of it.
const rows: [string, string | Buffer, number, string][] = [
  ['one line', 's3cret\n', 0o600, 'read s3cret'],
  ['no end of line', 's3cret', 0o600, 'read s3cret'],
  ['an end of line as on Windows', 's3cret\r\n', 0o600, 'read s3cret'],
  ['blanks inside', ' two words \n', 0o600, 'read two words'],
  ['other alphabets', 'pässwörd\n', 0o600, 'read pässwörd'],
  ['readable for its group', 's3cret\n', 0o640, 'read s3cret'],
  ['readable for everybody', 's3cret\n', 0o644, 'SECRET_EXPOSED'],
  ['writable for everybody', 's3cret\n', 0o602, 'SECRET_EXPOSED'],
  ['nothing', '', 0o600, 'SECRET_UNREADABLE'],
  ['blanks alone', ' \n', 0o600, 'SECRET_UNREADABLE'],
  ['two lines', 'user\ns3cret\n', 0o600, 'SECRET_UNREADABLE'],
  ['a NUL', 's3\0cret\n', 0o600, 'SECRET_UNREADABLE'],
  ['no UTF-8', Buffer.from([0x73, 0xff]), 0o600, 'SECRET_UNREADABLE'],
  ['16 KiB', 'x'.repeat(16 * 1024), 0o600, `read ${'x'.repeat(16 * 1024)}`],
  ['more', 'x'.repeat(16 * 1024 + 1), 0o600, 'SECRET_UNREADABLE'],
];
for (const [what, text, mode, wanted] of rows) {
  void t.test(`a secret: ${what}`, async (t) => {
    const file = fileOf('secret', text, mode);
    t.equal(
      codeOf(() => readSecretFile(file)),
      wanted,
    );
  });
}

void t.test('what is no file', async (t) => {
  t.equal(
    codeOf(() => readSecretFile(join(dir, 'none'))),
    'SECRET_UNREADABLE',
  );
  t.equal(
    codeOf(() => readSecretFile(join(dir, 'folder'))),
    'SECRET_UNREADABLE',
  );
});

void t.test('a link is followed: the mode of the file counts', async (t) => {
  const file = fileOf('open', 's3cret\n', 0o644);
  symlinkSync(file, join(dir, 'link'));
  t.equal(
    codeOf(() => readSecretFile(join(dir, 'link'))),
    'SECRET_EXPOSED',
  );
});

void t.test('it is read anew each time', async (t) => {
  const file = fileOf('renewed', 'one\n');
  t.equal(readSecretFile(file), 'one');
  fileOf('renewed', 'two\n');
  t.equal(readSecretFile(file), 'two');
});
