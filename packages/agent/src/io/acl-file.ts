import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, type FaultFacts } from '@kickd/protocol';
import { parseAcl, type Acl } from '../acl/parse.ts';
import { faults } from '../errors.ts';
import type { Narrator } from '../ports.ts';
import { isMissing } from './is-missing.ts';
import { readTrusted } from './trusted-file.ts';

/** A change of the file is live within this time. */
const pollMs = 500;
const missing = 'missing';

export type ReadAcl =
  | { kind: 'acl'; acl: Acl; warnings: FaultFacts[] }
  | { kind: 'faults'; faults: FaultFacts[] };

/** How a file of rules is read on this host. */
export interface AclOptions {
  anyCertname: boolean;
  /** certname of this host: what a kick is asked as */
  host: string;
}

export function readAcl(file: string, options: AclOptions): ReadAcl {
  let text: string;
  try {
    text = readTrusted('ACL', file);
  } catch (error) {
    if (error instanceof Fault) return { kind: 'faults', faults: [error] };
    const fault = isMissing(error)
      ? faults.aclMissing(file)
      : faults.aclUnreadable(file, error);
    return { kind: 'faults', faults: [fault] };
  }
  return parseAcl(text, file, options);
}

/** The ACL in force, kept in step with its file; a bad edit leaves the old rules in force. */
export class AclFile {
  readonly #file: string;
  readonly #options: AclOptions;
  readonly #narrator: Narrator;
  #acl: Acl | undefined;
  #isCurrent = true;
  #stamp = '';

  constructor(file: string, options: AclOptions, narrator: Narrator) {
    this.#file = file;
    this.#options = options;
    this.#narrator = narrator;
  }

  /** undefined: nobody may do anything */
  get acl(): Acl | undefined {
    return this.#acl;
  }

  /** False while the file holds a text that could not be loaded. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Reads the file for the first time. A missing file starts a kickd that refuses everybody. */
  load(): FaultFacts[] {
    this.#stamp = stampOf(this.#file);
    const read = readAcl(this.#file, this.#options);
    this.#isCurrent = read.kind === 'acl';
    if (read.kind === 'faults') {
      // A bad text leaves the old rules in force; a file that was taken away takes them with it.
      if (this.#stamp === missing) this.#acl = undefined;
      return read.faults;
    }
    this.#acl = read.acl;
    for (const fault of read.warnings) {
      this.#narrator.tell({ event: 'warning', fault });
    }
    return [];
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(pollMs, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
      const stamp = stampOf(this.#file);
      if (signal.aborted || stamp === this.#stamp) continue;
      const found = this.load();
      if (found.length > 0) {
        this.#narrator.tell({
          event: 'reload-refused',
          what: 'acl',
          faults: found,
        });
      } else {
        const detail = `${String(this.#acl?.stanzas.length ?? 0)} rules from ${this.#file}`;
        this.#narrator.tell({ event: 'reloaded', what: 'acl', detail });
      }
    }
  }
}

function stampOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, {
      bigint: true,
    });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return missing;
  }
}
