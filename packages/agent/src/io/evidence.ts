import { open } from 'node:fs/promises';
import type { Evidence } from '../ports.ts';

/** A report of a large catalog has a few megabytes; what is larger is not read at all, since reading it takes seconds. */
const fileMaxBytes = 16 * 1024 * 1024;

/** The texts of a CM tool's files; one that is not there, unreadable or too large is undefined. */
export async function readEvidence(
  files: Readonly<Record<string, string>>,
): Promise<Evidence> {
  const entries = Object.entries(files).map(
    async ([name, file]): Promise<[string, string | undefined]> => [
      name,
      await readText(file),
    ],
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function readText(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    return size > fileMaxBytes ? undefined : await handle.readFile('utf8');
  } catch {
    return undefined;
  }
}
