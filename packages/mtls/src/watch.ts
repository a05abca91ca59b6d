import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Fault, type FaultFacts } from '@kickd/protocol';
import { errors } from './errors.ts';
import { startFileTriggers, stampOf } from './file-triggers.ts';
import {
  crlNumbersOf,
  crlsBackwards,
  inspectMaterial,
  type CrlNumbers,
  type Inspection,
} from './inspect.ts';
import {
  readMaterial,
  withCrls,
  type Material,
  type TlsFiles,
} from './material.ts';
import { findCrls } from './read-crls.ts';

export interface WatchOptions {
  files: TlsFiles;
  /** what is in force; without it the first good look is reported as a change */
  current?: Material;
  /** another set in force: build the options anew and give them to `setSecureContext`; may throw */
  onChange(material: Material, inspection: Inspection, taken: Taken): void;
  /** another, bad set, told once; what was in force stays so, with the CRLs that are newer */
  onRefused(faults: FaultFacts[]): void;
  /** ends the watching */
  signal: AbortSignal;
  pollMs?: number;
  /** what our certificate must be good for, as `inspectMaterial` */
  role?: 'server' | 'client';
  /** wall clock of the inspection, and of how old the files are */
  now?: () => Date;
}

/** Of a good set everything; of a bad one the CRLs that are newer than those in force, and nothing else. */
export type Taken = 'everything' | 'newer CRLs alone';

export interface MaterialWatch {
  /** Looks now, e.g. on SIGHUP; a bad set is told at once. Never rejects. */
  look(): Promise<void>;
}

/**
 * Watches the four files and tells within two polls when another set is there.
 * Writers replace one file after the other, so a bad set is told only when two looks in a row saw the
 * same bytes; a good set at once. A set that is bad for its dates alone is looked at again each time.
 * Whatever is wrong with a set, a CRL in it that a CA in force has signed, and that is newer, counts at once.
 */
export function watchMaterial(options: WatchOptions): MaterialWatch {
  const { files, signal, pollMs = 500, now = () => new Date() } = options;
  let inForce: InForce | undefined =
    options.current && inForceOf(options.current, hashOf(options.current));
  let stamp = '';
  /** hash of a bad set seen once */
  let suspect: string | undefined;
  /** hash of the bad set that was told last */
  let told: string | undefined;

  const look = async (isAsked: boolean): Promise<void> => {
    const before = await stampOf(files, now());
    const isQuiet = suspect === undefined && told === undefined;
    if (before.isSettled && before.text === stamp && isQuiet && !isAsked)
      return;
    stamp = before.text;
    const seen = await readSet(files);
    if (signal.aborted) return;
    if (seen.hash === inForce?.hash) {
      suspect = told = undefined;
      return;
    }
    const refused = await judge(seen);
    if (refused.length === 0) {
      suspect = told = undefined;
      return;
    }
    const isStable = isAsked || suspect === seen.hash;
    suspect = isStable ? undefined : seen.hash;
    if (!isStable || told === seen.hash) return;
    told = seen.hash;
    options.onRefused(refused);
  };

  /** Takes a good set, or what counts of a bad one; and says why not the whole. */
  const judge = async (seen: SeenSet): Promise<FaultFacts[]> => {
    if (seen.kind === 'unread') return [seen.fault, ...(await takeNewerCrls())];
    const { material, hash: contentHash } = seen;
    const inspection = inspectMaterial(material, now(), options.role);
    const before = inForce?.crlNumbers ?? new Map();
    const faults = [
      ...inspection.faults,
      ...crlsBackwards(before, inspection.crlNumbers, files.crl),
    ];
    return faults.length > 0
      ? [...faults, ...(await takeNewerCrls())]
      : take(material, inspection, contentHash);
  };

  const takeNewerCrls = async (): Promise<FaultFacts[]> => {
    if (inForce === undefined) return [];
    const content = await readFile(files.crl).catch(() => Buffer.alloc(0));
    const at = now();
    const next = withCrls(inForce.material, findCrls(content), at);
    return next === undefined
      ? []
      : take(next, inspectMaterial(next, at, options.role), undefined);
  };

  /** @param contentHash undefined: no four files make it, it is what was in force with newer CRLs */
  const take = (
    material: Material,
    inspection: Inspection,
    contentHash: string | undefined,
  ): FaultFacts[] => {
    if (signal.aborted) return [];
    const taken = contentHash === undefined ? 'newer CRLs alone' : 'everything';
    try {
      options.onChange(material, inspection, taken);
    } catch (error) {
      return [errors.materialNotTaken(String(error))];
    }
    inForce = inForceOf(material, contentHash);
    return [];
  };

  // One look at a time; who asks meanwhile gets a look of their own after it.
  let last = Promise.resolve();
  const lookNext = (isAsked: boolean): Promise<void> =>
    (last = last.then(() => (signal.aborted ? undefined : look(isAsked))));
  startFileTriggers({
    files,
    signal,
    pollMs,
    onTrigger: () => lookNext(false),
  });
  return { look: () => lookNext(true) };
}

interface InForce {
  material: Material;
  /** of the four files; undefined where no four files make it */
  hash: string | undefined;
  crlNumbers: CrlNumbers;
}

function inForceOf(
  material: Material,
  contentHash: string | undefined,
): InForce {
  const crlNumbers = crlNumbersOf(material);
  return { material, hash: contentHash, crlNumbers };
}

type SeenSet =
  | { kind: 'read'; material: Material; hash: string }
  | { kind: 'unread'; fault: FaultFacts; hash: string };

async function readSet(files: TlsFiles): Promise<SeenSet> {
  try {
    const material = await readMaterial(files);
    return { kind: 'read', material, hash: hashOf(material) };
  } catch (error) {
    const { code, message, remedy, exitCode } =
      error instanceof Fault
        ? error
        : new Fault(errors.materialNotTaken(String(error)));
    const bytes = await Promise.all(
      Object.values(files).map((file: string) =>
        readFile(file, 'latin1').catch(() => ''),
      ),
    );
    return {
      kind: 'unread',
      fault: { code, message, remedy, exitCode },
      hash: hash([code, ...bytes]),
    };
  }
}

function hashOf({ cert, key, ca, crl }: Material): string {
  return hash([cert, key, ca.join(''), crl.join('')]);
}

function hash(parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
