import fc from 'fast-check';

/** One change of a sample: at a place (a share of its length, so that it fits every sample). */
interface Edit {
  at: number;
  kind: 'flip' | 'cut' | 'put' | 'twice' | 'end' | LineKind;
  length: number;
  bytes: Uint8Array;
}

/** Changes of whole lines, for languages whose structure is in them. */
type LineKind = 'indent' | 'move' | 'drop' | 'repeat';
const lineKinds = ['indent', 'move', 'drop', 'repeat'] as const;

/** What readers have stumbled over, whatever they read. */
const nasty = [
  ...['\0', '\r\n', '\n', '\t', '\u001b[2J', '\ufeff', '\u2028', '\u202e'],
  ...['"', "'", '\\', '\\u0000', '%00', '%n', '${x}', '`', '../', '/'],
  ...['{', '}', '[', ']', '[[[[[[[[', ':', ',', '- ', '&a ', '*a', '!!x '],
  ...['-1', '1e999', '9007199254740993', 'NaN', 'null', 'true', '2147483648'],
  ...['__proto__', 'constructor', 'prototype', 'toString', '*', '^', '$', '.*'],
  ...['(a+)+$', '(?=x)', '\\1', '[[:alpha:]]', '{1000}', '٣', 'ı', 'é', '😀'],
].map((text) => new TextEncoder().encode(text));

const longest = 64 * 1024;

/**
 * Valid samples with up to eight changes: bytes flipped, cut out, doubled and put in, some of them words of the
 * language; and now and then nothing but noise.
 * @param words of the language that is read
 * @param ofLines lines are also indented otherwise, moved, left out and repeated, each with some that follow
 */
export function mutationsOf(
  samples: readonly (string | Uint8Array)[],
  words: readonly string[] = [],
  { ofLines = false }: { ofLines?: boolean } = {},
): fc.Arbitrary<Uint8Array> {
  const encoder = new TextEncoder();
  const seeds = samples.map((sample) =>
    typeof sample === 'string' ? encoder.encode(sample) : sample,
  );
  const bytes = fc.oneof(
    fc.constantFrom(...words.map((word) => encoder.encode(word)), ...nasty),
    fc.uint8Array({ maxLength: 12 }),
  );
  const edit: fc.Arbitrary<Edit> = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom(
      ...(['flip', 'cut', 'put', 'put', 'twice', 'end'] as const),
      ...(ofLines ? lineKinds : []),
    ),
    length: fc.nat({ max: 40 }),
    bytes,
  });
  const changed = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(edit, { minLength: 1, maxLength: 8 }),
    )
    .map(([sample, edits]) => edits.reduce(change, sample));
  return fc.oneof(
    { weight: 30, arbitrary: changed },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2000 }) },
  );
}

function change(sample: Uint8Array, { at, kind, length, bytes }: Edit) {
  const from = Math.floor(at * sample.length);
  const to = Math.min(sample.length, from + length);
  const before = sample.subarray(0, from);
  const after = sample.subarray(from);
  switch (kind) {
    case 'flip': {
      // Buffer.slice() would share the sample's memory
      const copy = Uint8Array.from(sample);
      const bit = 1 << (length % 8);
      if (from < copy.length) copy[from] = (copy[from] ?? 0) ^ bit;
      return copy;
    }
    case 'cut':
      return concat(before, sample.subarray(to));
    case 'put':
      return concat(before, bytes, after);
    case 'twice':
      // many times: depth and length
      return concat(
        before,
        ...Array.from({ length }, () => sample.subarray(from, to)),
        after,
      );
    case 'end':
      return before;
    case 'indent':
    case 'move':
    case 'drop':
    case 'repeat':
      return changeLines(sample, at, kind, length);
  }
}

function changeLines(
  sample: Uint8Array,
  at: number,
  kind: LineKind,
  length: number,
): Uint8Array {
  const lines = Buffer.from(sample).toString('latin1').split('\n');
  const from = Math.floor(at * lines.length);
  const some = lines.slice(from, from + 1 + (length % 8));
  const rest = [...lines.slice(0, from), ...lines.slice(from + some.length)];
  const to = length % 2 === 0 ? Math.floor(rest.length / 2) : from;
  const put: Record<LineKind, string[]> = {
    indent: some.map((line) =>
      length % 3 === 0 ? line.replace(/^ {1,2}/, '') : `  ${line}`,
    ),
    move: some,
    drop: [],
    repeat: [...some, ...some],
  };
  const changed = rest.toSpliced(kind === 'move' ? to : from, 0, ...put[kind]);
  return concat(Buffer.from(changed.join('\n'), 'latin1'));
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts).subarray(0, longest));
}
