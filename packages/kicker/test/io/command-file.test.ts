import {
  constants,
  openSync,
  closeSync,
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
