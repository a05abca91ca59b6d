import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Fault, type FaultFacts } from '@kickd/protocol';
import { errors } from './errors.ts';
import { startFileTriggers, stampOf } from './file-triggers.ts';
import {
  crlsBackwards,
  inspectMaterial,
  type CrlNumbers,
  type Inspection,
} from './inspect.ts';
import { readMaterial, type Material, type TlsFiles } from './material.ts';

export interface WatchOptions {
  files: TlsFiles;
  /** what is in force; without it the first good look is reported as a change */
  current?: Material;
  /** another, good set: build the options anew and give them to `setSecureContext`; may throw */
  onChange(material: Material, inspection: Inspection): void;
  /** another, bad set, told once; what was in force stays so */
  onRefused(faults: FaultFacts[]): void;
  /** ends the watching */
  signal: AbortSignal;
  pollMs?: number;
  /** what our certificate must be good for, as `inspectMaterial` */
  role?: 'server' | 'client';
  /** wall clock of the inspection */
  now?: () => Date;
}

export interface MaterialWatch {
  /** Looks now, e.g. on SIGHUP; a bad set is told at once. Never rejects. */
  look(): Promise<void>;
}

/**
 * Watches the four files and tells within two polls when another set is there.
 * Writers replace one file after the other, so a bad set is told only when two looks in a row saw the
 * same bytes; a good set at once. A set that is bad for its dates alone is looked at again each time.
 */
export function watchMaterial(options: WatchOptions): MaterialWatch {
  const { files, signal, pollMs = 500, now = () => new Date() } = options;
  let inForce: { hash: string; crlNumbers: CrlNumbers } | undefined =
    options.current && {
      hash: hashOf(options.current),
      crlNumbers: inspectMaterial(options.current, now()).crlNumbers,
    };
  let stamp = '';
  /** hash of a bad set seen once */
  let suspect: string | undefined;
  /** hash of the bad set that was told last */
  let told: string | undefined;

  const look = async (isAsked: boolean): Promise<void> => {
    const before = await stampOf(files);
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
    const refused = judge(seen);
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

  /** Takes a good set; or says why not. */
  const judge = (seen: SeenSet): FaultFacts[] => {
    if (seen.kind === 'unread') return [seen.fault];
    const inspection = inspectMaterial(seen.material, now(), options.role);
    const { crlNumbers } = inspection;
    const faults = [
      ...inspection.faults,
      ...crlsBackwards(inForce?.crlNumbers ?? new Map(), crlNumbers, files.crl),
    ];
    if (faults.length > 0) return faults;
    try {
      options.onChange(seen.material, inspection);
    } catch (error) {
      return [errors.materialNotTaken(String(error))];
    }
    inForce = { hash: seen.hash, crlNumbers };
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
