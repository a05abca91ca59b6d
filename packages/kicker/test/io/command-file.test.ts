import { execFileSync } from 'node:child_process';
import {
  constants,
  openSync,
  closeSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeCommand } from '../../src/io/command-file.ts';

const dir = t.testdir({ plain: '' });
const fifo = join(dir, 'nagios.cmd');
execFileSync('mkfifo', [fifo]);

t.match(writeCommand(fifo, 'x\n'), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_UNREAD' },
});
t.match(writeCommand(join(dir, 'none'), 'x\n'), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_MISSING' },
});
t.match(writeCommand(join(dir, 'plain'), 'x\n'), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_NO_FIFO' },
});
t.equal(readFileSync(join(dir, 'plain'), 'utf8'), '');
t.match(writeCommand(dir, 'x\n'), {
  kind: 'fault',
  fault: { code: 'COMMAND_FILE_UNWRITABLE' },
});

const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
t.strictSame(writeCommand(fifo, 'line\n'), { kind: 'written' });
const buffer = Buffer.alloc(100);
t.equal(buffer.toString('utf8', 0, readSync(reader, buffer)), 'line\n');
closeSync(reader);
