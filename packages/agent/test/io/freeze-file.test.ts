import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import { readFreeze } from '../../src/io/freeze-file.ts';

t.test('its first line, in its own letters', async (t) => {
  const file = join(t.testdir(), 'freeze');
  t.equal(readFreeze(file), undefined, 'none: runs may start');
  const rows: [string, string][] = [
    [
      'no repairs during the move\nuntil Monday\n',
      'no repairs during the move',
    ],
    ['  Änderung:\tbitte nicht anfassen', 'Änderung: bitte nicht anfassen'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['', `${file} is there`],
    ['\n\n', `${file} is there`],
  ];
  for (const [text, wanted] of rows) {
    writeFileSync(file, text);
    t.equal(readFreeze(file), wanted);
  }
});

t.test(
  'whatever stands in its place freezes, and is not waited for',
  async (t) => {
    const dir = t.testdir();
    execaSync('mkfifo', [join(dir, 'pipe')]);
    mkdirSync(join(dir, 'folder'));
    for (const name of ['pipe', 'folder'])
      t.equal(readFreeze(join(dir, name)), `${join(dir, name)} is there`);
  },
);
