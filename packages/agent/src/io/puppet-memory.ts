import {
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { askPuppet } from './ask-puppet.ts';

/** Puppet derives its certname from the network where puppet.conf has none: not believed for longer. */
const believedMaxMs = 24 * 60 * 60 * 1000;

export interface PuppetQuestion {
  /** the puppet.conf that kickd's configuration names */
  given: string | undefined;
  /** the puppet.conf that there is */
  read: string | undefined;
  /** written by root for root, in a folder that only root can write */
  rememberIn: string;
}

interface Memory {
  /** what the answer depends on */
  of: unknown;
  atMs: number;
  printed: Record<string, string>;
}

/**
 * `askPuppet`, answered from memory while neither Puppet nor puppet.conf nor the host's name has changed: a runner
 * that is started for each kick would otherwise wait a second or more for Ruby before each.
 */
export async function askPuppetOnce(
  binary: string,
  { given, read, rememberIn: file }: PuppetQuestion,
): Promise<Record<string, string>> {
  const of = {
    binary,
    puppet: stampOf(binary),
    conf: stampOf(read),
    host: hostname(),
  };
  const known = readMemory(file);
  const ageMs = Date.now() - (known?.atMs ?? 0);
  if (
    known &&
    isDeepStrictEqual(known.of, of) &&
    ageMs >= 0 &&
    ageMs < believedMaxMs
  )
    return known.printed;
  const printed = await askPuppet(binary, given);
  // no answer is worth another question
  if (Object.keys(printed).length > 0)
    writeMemory(file, { of, atMs: Date.now(), printed });
  return printed;
}

/** The change time tells of another owner or mode as well, and no program can set it back. */
function stampOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const path = realpathSync(file);
    const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true });
    return `${path} ${String(dev)} ${String(ino)} ${String(size)} ${String(ctimeNs)}`;
  } catch {
    return undefined;
  }
}

function readMemory(file: string): Memory | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Memory;
  } catch {
    // there was no runner since the boot
    return undefined;
  }
}

/** Best effort: whoever cannot remember asks again. */
function writeMemory(file: string, memory: Memory): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(memory), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // no folder, no space
  }
}
