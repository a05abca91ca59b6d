import { runLimits, type patterns } from '@kickd/protocol';

/**
 * The one record that crosses from the listener, which reads the network, to the runner, which is root.
 * Every field has its place and its room; what is not used is zero. Numbers are big-endian.
 *
 *     0  4  "KCKR"
 *     4  2  version
 *     6  2  length of the whole record
 *     8  1  operation
 *     9  1  flags
 *    10  1  how many tags
 *    11  1  how many runs (recent)
 *    12 16  id of the kick or of the run, as 128 bits
 *    28     text fields: 2 bytes of length, then their room
 *
 * @see docs/decisions/0011-two-processes.md
 */
export const recordMagic = 0x4b_43_4b_52;
export const recordVersion = 1;

export const offsets = {
  magic: 0,
  version: 4,
  length: 6,
  operation: 8,
  flags: 9,
  tagCount: 10,
  most: 11,
  id: 12,
  texts: 28,
} as const;

export const idBytes = 16;

/** The bytes are part of the wire: a new operation gets a new number and `recordVersion` stays. */
export const operations = {
  submit: 1,
  find: 2,
  cancel: 3,
  'read-log': 4,
  'wait-for-end': 5,
  recent: 6,
  state: 7,
  'wait-for-heal': 8,
} as const;
export type Operation = keyof typeof operations;

export const flags = {
  hasNoop: 1,
  isNoop: 2,
  hasBecause: 4,
  /** the access rules were asked about a drill */
  isDrill: 8,
} as const;

/** A text, and the grammar that all of it must have. */
export interface Slot {
  pattern: keyof typeof patterns;
  /** where its length stands; the text follows */
  offset: number;
  /** the longest text of this grammar, in bytes of UTF-8 */
  maxBytes: number;
}

export const tagsMax = runLimits.tags;

const rooms: [name: string, pattern: Slot['pattern'], maxBytes: number][] = [
  ['by', 'certname', 253],
  ['certname', 'certname', 253],
  ['cm', 'profileName', 64],
  ['environment', 'environment', 64],
  ['expires', 'instant', 24],
  ['since', 'instant', 24],
  // 200 characters of up to four bytes
  ['monitor', 'label', 800],
  ['host', 'label', 800],
  ['service', 'label', 800],
  ['state', 'label', 800],
  ['problem', 'label', 800],
  ...Array.from({ length: tagsMax }, (_, n): (typeof rooms)[number] => [
    `tag${String(n)}`,
    'tag',
    128,
  ]),
];

const lengthBytes = 2;

const start: { slots: Map<string, Slot>; end: number } = {
  slots: new Map(),
  end: offsets.texts,
};
const placed = rooms.reduce(
  ({ slots, end }, [name, pattern, maxBytes]) => ({
    slots: slots.set(name, { pattern, maxBytes, offset: end }),
    end: end + lengthBytes + maxBytes,
  }),
  start,
);

/** Every text field by its name: `by`, `certname`, …, `tag0` to `tag31`. */
export const slots: ReadonlyMap<string, Slot> = placed.slots;

/** Of every record, whatever it asks. */
export const recordBytes = placed.end;
