import { hash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a kept configuration was made of, and by which kicker. */
export interface ConfigSource {
  /** the program: another one may fill in other defaults, or allow less */
  madeBy: string;
  file: string;
  text: string;
}

/**
 * Where a configuration file that was last read is kept, parsed and checked: both need libraries that
 * take a one-shot kicker longer to load than all else of its own.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/ XDG_CACHE_HOME
 */
export function locateConfigCache(
  env: Readonly<Record<string, string | undefined>>,
  name: 'config' | 'rules',
): string {
  const cache = env['XDG_CACHE_HOME'];
  const base =
    cache?.startsWith('/') === true ? cache : join(homedir(), '.cache');
  return join(base, 'kicker', `${name}.json`);
}

/**
 * The kept configuration, where it was made of this very text by this very program, and nobody else
 * could have written it. Never throws: whatever is wrong with a cache, the text itself is at hand.
 */
export function readConfigCache(cache: string, source: ConfigSource): unknown {
  try {
    if (!areOurs(folderOf(cache))) return undefined;
    const found = openSync(
      cache,
      // A FIFO would wait for its other end.
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    let text: string;
    try {
      const stats = fstatSync(found);
      if (!stats.isFile() || !isOurs(stats)) return undefined;
      text = readFileSync(found, 'utf8');
    } finally {
      closeSync(found);
    }
    // writeConfigCache alone writes this file, and it writes this shape.
    const kept = JSON.parse(text) as Kept;
    return kept.kicker === source.madeBy &&
      kept.file === source.file &&
      kept.sha256 === hash('sha256', source.text)
      ? kept.config
      : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a configuration that was wholly checked. Where that cannot be, it is not kept: never throws. */
export function writeConfigCache(
  cache: string,
  source: ConfigSource,
  config: unknown,
): void {
  const kept: Kept = {
    kicker: source.madeBy,
    file: source.file,
    sha256: hash('sha256', source.text),
    config,
  };
  try {
    const folder = folderOf(cache);
    makeOurs(folder.base);
    makeOurs(folder.own);
    if (!areOurs(folder)) return;
    // A reader sees the old file or the new one, never a part.
    const fresh = `${cache}.${randomBytes(6).toString('hex')}`;
    try {
      writeFileSync(fresh, JSON.stringify(kept), { mode: 0o600, flag: 'wx' });
      renameSync(fresh, cache);
    } catch {
      rmSync(fresh, { force: true });
    }
  } catch {
    // A read-only home, a full disk: the next kicker parses again.
  }
}

interface Kept {
  kicker: string;
  file: string;
  sha256: string;
  config: unknown;
}

interface Folder {
  /** the user's cache folder, of every program */
  base: string;
  /** kicker's part of it */
  own: string;
}

function folderOf(cache: string): Folder {
  const own = dirname(cache);
  return { own, base: dirname(own) };
}

/** The base as well: who can write there can put another folder in our folder's place. */
function areOurs({ base, own }: Folder): boolean {
  return [base, own].every((folder) => isOurs(statSync(folder)));
}

/** Under sudo with the HOME of another user nothing there is ours, and nothing is left there. */
function isOurs({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & 0o022) === 0;
}

function makeOurs(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return;
  if (isOurs(statSync(dirname(folder)))) mkdirSync(folder, { mode: 0o700 });
}
