import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { errors } from '../errors.ts';
import type { WriteCommand } from '../ports.ts';
import { codeOf } from './error-code.ts';

/**
 * Writes one line into Nagios's command pipe, in one piece. Never waits: a pipe that nobody reads
 * (Nagios is down) is a fault, not a hang.
 */
export const writeCommand: WriteCommand = (file, line) => {
  let fd: number;
  try {
    fd = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { kind: 'fault', fault: explain(file, error) };
  }
  try {
    // A plain file would swallow the line, and nobody would know.
    if (!fstatSync(fd).isFIFO()) {
      return { kind: 'fault', fault: errors.commandFileNoFifo(file) };
    }
    writeSync(fd, line);
    return { kind: 'written' };
  } catch (error) {
    return { kind: 'fault', fault: explain(file, error) };
  } finally {
    closeSync(fd);
  }
};

/** Whether a line could be written now, without writing one. */
export const probeCommandFile = (file: string) =>
  writeCommand(file, new Uint8Array());

function explain(file: string, error: unknown) {
  const code = codeOf(error);
  if (code === 'ENXIO') return errors.commandFileUnread(file);
  if (code === 'ENOENT') return errors.commandFileMissing(file);
  return errors.commandFileUnwritable(file, code);
}
