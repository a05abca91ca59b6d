import { patterns, type Because, type Kick, type Uuid7 } from '@kickd/protocol';
import {
  flags,
  idBytes,
  offsets,
  operations,
  recordBytes,
  recordMagic,
  recordVersion,
  slots,
  tagsMax,
  type Operation,
} from './layout.ts';
import type { RunnerRequest } from './request.ts';

/** What is wrong with a record, as a word for the log. */
export type RecordFault =
  | 'length'
  | 'magic'
  | 'version'
  | 'operation'
  | 'flags'
  | 'number'
  | 'id'
  | 'text'
  | 'not-empty';

export type DecodedRecord =
  | { kind: 'request'; request: RunnerRequest }
  | { kind: 'refused'; fault: RecordFault };

/**
 * Reads a record and trusts none of it: whoever wrote it may have lost the listener to a stranger.
 * A request is allowed exactly one form, so each byte that it does not use must be zero.
 * @returns never throws
 */
export function decodeRecord(record: Uint8Array): DecodedRecord {
  const reader = new RecordReader(record);
  try {
    const request = readRequest(reader);
    reader.expectNothingElse();
    return { kind: 'request', request };
  } catch (error) {
    if (error instanceof Refused) {
      return { kind: 'refused', fault: error.fault };
    }
    throw error;
  }
}

function readRequest(reader: RecordReader): RunnerRequest {
  const operation = reader.head();
  switch (operation) {
    case 'submit': {
      const by = reader.mustText('by');
      return { operation, by, ...readKick(reader) };
    }
    case 'cancel': {
      const by = reader.mustText('by');
      return { operation, run: reader.id(), by };
    }
    case 'find':
    case 'read-log':
    case 'wait-for-end':
    case 'wait-for-heal':
      return { operation, run: reader.id() };
    case 'recent': {
      const most = reader.byte(offsets.most);
      if (most === 0) throw new Refused('number');
      return { operation, most };
    }
    case 'state':
      return { operation };
  }
}

function readKick(reader: RecordReader): { kick: Kick; as?: 'drill' } {
  const kick = reader.id();
  const set = reader.byte(offsets.flags);
  const known = flags.hasNoop | flags.isNoop | flags.hasBecause | flags.isDrill;
  const isKnown = (set & ~known) === 0;
  const isNoop = (set & flags.isNoop) !== 0;
  const hasNoop = (set & flags.hasNoop) !== 0;
  if (!isKnown || (isNoop && !hasNoop)) throw new Refused('flags');
  const tags = readTags(reader);
  const certname = reader.mustText('certname');
  const texts = reader.texts(['cm', 'environment', 'expires']);
  return {
    kick: {
      kick,
      certname,
      ...texts,
      ...(hasNoop && { noop: isNoop }),
      ...(tags.length > 0 && { tags }),
      ...((set & flags.hasBecause) !== 0 && { because: readBecause(reader) }),
    },
    ...((set & flags.isDrill) !== 0 && { as: 'drill' }),
  };
}

function readTags(reader: RecordReader): string[] {
  const count = reader.byte(offsets.tagCount);
  if (count > tagsMax) throw new Refused('number');
  const tags = Array.from({ length: count }, (_, n) =>
    reader.mustText(`tag${n}`),
  );
  if (new Set(tags).size < tags.length) throw new Refused('text');
  return tags;
}

function readBecause(reader: RecordReader): Because {
  return reader.texts([
    'monitor',
    'host',
    'service',
    'state',
    'problem',
    'since',
  ]);
}

class Refused extends Error {
  readonly fault: RecordFault;

  constructor(fault: RecordFault) {
    super(fault);
    this.fault = fault;
  }
}

/** Gives each field once and wipes it from a copy, so that in the end nothing may be left. */
class RecordReader {
  readonly #left: Uint8Array;
  readonly #view: DataView;

  constructor(record: Uint8Array) {
    this.#left = Uint8Array.from(record);
    this.#view = new DataView(this.#left.buffer);
  }

  head(): Operation {
    const view = this.#view;
    if (this.#left.length !== recordBytes) throw new Refused('length');
    if (view.getUint32(offsets.magic) !== recordMagic) {
      throw new Refused('magic');
    }
    if (view.getUint16(offsets.version) !== recordVersion) {
      throw new Refused('version');
    }
    if (view.getUint16(offsets.length) !== recordBytes) {
      throw new Refused('length');
    }
    const number = view.getUint8(offsets.operation);
    const known = operationsByNumber.get(number);
    if (known === undefined) throw new Refused('operation');
    this.#left.fill(0, 0, offsets.flags);
    return known;
  }

  byte(offset: number): number {
    const value = this.#view.getUint8(offset);
    this.#left[offset] = 0;
    return value;
  }

  id(): Uuid7 {
    const bytes = [...this.#take(offsets.id, idBytes)];
    const hex = bytes
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    const id = hex.replace(
      /^(.{8})(.{4})(.{4})(.{4})(.{12})$/,
      '$1-$2-$3-$4-$5',
    );
    if (!grammars.uuid7.test(id)) throw new Refused('id');
    return id;
  }

  mustText(name: string): string {
    const text = this.#text(name);
    if (text === undefined) throw new Refused('text');
    return text;
  }

  /** Those that are there. */
  texts<Name extends string>(
    names: readonly Name[],
  ): Partial<Record<Name, string>> {
    const found: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const text = this.#text(name);
      if (text !== undefined) found[name] = text;
    }
    return found;
  }

  expectNothingElse(): void {
    if (this.#left.some((byte) => byte !== 0)) throw new Refused('not-empty');
  }

  #text(name: string): string | undefined {
    const slot = slots.get(name);
    if (slot === undefined) throw new Refused('text');
    const { offset, maxBytes, pattern } = slot;
    const length = this.#view.getUint16(offset);
    if (length === 0) return undefined;
    if (length > maxBytes) throw new Refused('text');
    this.#view.setUint16(offset, 0);
    const text = textOf(this.#take(offset + 2, length));
    if (text === undefined || !grammars[pattern].test(text)) {
      throw new Refused('text');
    }
    return text;
  }

  #take(offset: number, length: number): Uint8Array {
    const taken = this.#left.slice(offset, offset + length);
    this.#left.fill(0, offset, offset + length);
    return taken;
  }
}

/** @returns undefined for bytes that are no UTF-8 */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes,
    );
  } catch {
    return undefined;
  }
}

const operationsByNumber = new Map<number, Operation>(
  // the keys of the table are Operations
  Object.entries(operations).map(([name, number]) => [
    number,
    name as Operation,
  ]),
);

/** The wire's own patterns, with the flag that its schemas compile them with. */
const grammars = Object.fromEntries(
  Object.entries(patterns).map(([name, pattern]) => [
    name,
    new RegExp(pattern, 'u'),
  ]),
) as Record<keyof typeof patterns, RegExp>; // one of each pattern
