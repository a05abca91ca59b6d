import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isWritableByOthers, modeOf, whoRuns, type Access } from '@kickd/mtls';
import { Fault, type FaultFacts } from '@kickd/protocol';
import { faults } from '../errors.ts';

/**
 * The text of a file that says what kickd does or whom it obeys: nobody but root and whoever runs kickd may be
 * able to change it or to put another in its place. Asked of the opened file, since a path may lead elsewhere a
 * moment later, and of the folder that holds it; behind a link, of both folders. Folders further up are not asked.
 * @param what in a message: `configuration`, `ACL`
 * @throws Fault FILE_WRITABLE, FILE_OWNER; what open(2) and read(2) say
 */
export function readTrusted(what: string, file: string): string {
  const fd = openSync(file, 'r');
  try {
    expect(judge(what, file, fstatSync(fd)));
    for (const folder of new Set([file, realpathSync(file)].map(dirname))) {
      const access = statSync(folder);
      // in /tmp and its like nobody can move what belongs to another
      const isSticky = (access.mode & 0o1000) !== 0;
      const { mode, uid, gid } = access;
      const seen = isSticky ? { mode: mode & ~0o022, uid, gid } : access;
      expect(judge(`folder of the ${what}`, folder, seen));
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function judge(
  what: string,
  file: string,
  access: Access,
): FaultFacts | undefined {
  const self = whoRuns();
  if (access.uid !== 0 && access.uid !== self.uid)
    return faults.fileOwner(what, file, String(access.uid));
  return isWritableByOthers(access, self)
    ? faults.fileWritable(what, file, modeOf(access))
    : undefined;
}

function expect(fault: FaultFacts | undefined): void {
  if (fault !== undefined) throw new Fault(fault);
}
