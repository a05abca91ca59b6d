import { readFileSync } from 'node:fs';
import { Faults, errors } from '../errors.ts';
import type { Shell } from './command.ts';
import type { Given } from './options.ts';

/**
 * The hosts that were named: as arguments, by --host, and in --file (`-` is stdin), one a line, with
 * `#` comments.
 * @throws {Faults} HOST_LIST
 */
export async function collectHosts(
  given: Given,
  shell: Shell,
): Promise<string[]> {
  const file = given.text('file');
  const listed = file === undefined ? [] : await readHosts(file, shell);
  return [...given.operands, ...given.texts('host'), ...listed];
}

async function readHosts(file: string, shell: Shell): Promise<string[]> {
  let text: string;
  try {
    text = file === '-' ? await shell.readStdin() : readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Faults([errors.hostListUnreadable(file, why)]);
  }
  return text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((name) => name !== '');
}
