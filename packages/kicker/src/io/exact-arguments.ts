import { readFileSync } from 'node:fs';
import { nameOfBytes } from '../events/name-bytes.ts';

/**
 * The arguments of this process with every byte kept, see events/name-bytes.ts. Node reads them as UTF-8 and puts
 * U+FFFD where they are not; the kernel still has them.
 *
 * A person may type the form in which `kicker history --json` shows such a byte.
 * @param args as Node has them
 * @see proc_pid_cmdline(5)
 */
export function exactArguments(args: readonly string[]): readonly string[] {
  const doubtful = /\ufffd/;
  if (!args.some((arg) => doubtful.test(arg))) return args;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync('/proc/self/cmdline');
  } catch {
    return args;
  }
  // Each ends in a NUL; the interpreter, its options and the script stand before them.
  const exact = nameOfBytes(bytes).split('\0').slice(0, -1).slice(-args.length);
  return args.map((arg, index) =>
    doubtful.test(arg) ? (exact[index] ?? arg) : arg,
  );
}
