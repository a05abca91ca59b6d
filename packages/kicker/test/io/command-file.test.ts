import {
  constants,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import { writeCommand } from '../../src/io/command-file.ts';

const line = Buffer.from('T\xfcr\n', 'latin1');

const dir = t.testdir({ plain: '' });
const fifo = join(dir, 'nagios.cmd');
execaSync('mkfifo', [fifo]);

t.match(writeCommand(fifo, line), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_UNREAD' },
});
t.match(writeCommand(join(dir, 'none'), line), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_MISSING' },
});
t.match(writeCommand(join(dir, 'plain'), line), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_NO_FIFO' },
});
t.equal(readFileSync(join(dir, 'plain'), 'utf8'), '');
t.match(writeCommand(dir, line), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_UNWRITABLE' },
});

const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
t.strictSame(writeCommand(fifo, line), { kind: 'written' });
const buffer = Buffer.alloc(100);
t.equal(buffer.toString('latin1', 0, readSync(reader, buffer)), 'T\xfcr\n');
closeSync(reader);

void t.test('2,000 commands leave no descriptor open', async (t) => {
  const opened = () => readdirSync('/proc/self/fd').length;
  /** @returns how many were written */
  const write = (file: string, onWritten = (): void => {}): number => {
    let written = 0;
    for (let count = 0; count < 2000; count += 1) {
      if (writeCommand(file, line).kind !== 'written') continue;
      written += 1;
      onWritten();
    }
    return written;
  };
  const before = opened();
  t.equal(write(fifo), 0, 'nobody reads');
  t.equal(opened(), before);
  t.equal(write(join(dir, 'plain')), 0);
  t.equal(opened(), before);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  t.equal(
    write(fifo, () => readSync(reader, buffer)),
    2000,
  );
  t.equal(opened(), before + 1, 'that of the reader');
  const long = Buffer.alloc(4096, 'x');
  while (writeCommand(fifo, long).kind === 'written');
  t.ok(write(fifo) < 2000, 'Nagios reads no longer, and the pipe is full');
  t.equal(opened(), before + 1);
  closeSync(reader);
  t.equal(opened(), before);
});
