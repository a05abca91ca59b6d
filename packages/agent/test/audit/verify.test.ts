import fc from 'fast-check';
import t from 'tap';
import { chainStart, nextLine, type ChainHead } from '../../src/audit/chain.ts';
import { auditEntryOf } from '../../src/audit/entry.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { sha256 } from '../../src/io/audit-file.ts';
import type { Told } from '../../src/told.ts';

const at = new Date('2026-03-01T00:00:00Z');
const request: Extract<Told, { event: 'request' }> = {
  event: 'request',
  ip: '192.0.2.1',
  certname: 'monitor.example.com',
  serial: '0A',
  fingerprint: 'AB:CD',
  method: 'POST',
  path: '/run',
  status: 202,
  decision: 'allow',
  file: '/etc/kickd/auth.conf',
  line: 3,
  durationMs: 1,
};

function write(count: number, from = chainStart) {
  const lines: string[] = [];
  const heads: ChainHead[] = [];
  let head = from;
  for (let n = 0; n < count; n += 1) {
    const entry = auditEntryOf({ ...request, durationMs: n }) ?? {};
    const next = nextLine(head, at, entry, sha256);
    lines.push(next.line);
    heads.push((head = next.head));
  }
  return { lines, heads, head };
}
const file = 'audit.log';
const textOf = (lines: readonly string[]): string =>
  lines.map((line) => `${line}\n`).join('');
const verify = (lines: readonly string[], noted?: ChainHead) =>
  verifyAudit([{ file, text: textOf(lines) }], sha256, noted);

t.test('what was written is whole', async (t) => {
  const { lines, head } = write(100);
  t.strictSame(verify(lines), {
    kind: 'whole',
    lines: 100,
    firstSeq: 1,
    head,
    torn: 0,
  });
  t.strictSame(verify([]), { kind: 'empty' });
});

t.test('the first bad line is named, and why', async (t) => {
  const { lines, heads } = write(9);
  const edited = lines.with(4, (lines[4] ?? '').replace('"allow"', '"deny"'));
  const forged = write(9).lines;
  const other = nextLine(heads[3] ?? chainStart, new Date(0), {}, sha256);
  const cases: [string, string[], number, RegExp][] = [
    ['edited', edited, 5, /altered/],
    ['deleted', lines.toSpliced(4, 1), 5, /lines 5 to 5 are missing before it/],
    ['three deleted', lines.toSpliced(2, 3), 3, /lines 3 to 5 are missing/],
    ['the first deleted, but known', ['', ...lines.slice(1)], 1, /no line/],
    [
      'reordered',
      lines.with(3, lines[4] ?? '').with(4, lines[3] ?? ''),
      4,
      /lines 4 to 4 are missing/,
    ],
    ['twice', lines.toSpliced(5, 0, lines[4] ?? ''), 6, /written twice/],
    [
      'another line',
      lines.toSpliced(2, 0, '{"event":"request"}'),
      3,
      /no line/,
    ],
    ['an empty line', lines.toSpliced(2, 0, ''), 3, /no line/],
    [
      'replaced by one of the same number',
      lines.with(4, other.line.replace('"at"', '"at"')),
      5,
      /no line/,
    ],
    ['a second chain', [...forged, ...lines], 10, /written twice/],
  ];
  for (const [what, changed, line, why] of cases)
    t.match(verify(changed), { kind: 'broken', file, line, why }, what);
  const cut = textOf(lines).slice(0, -20);
  t.match(verifyAudit([{ file, text: cut }], sha256), {
    kind: 'broken',
    line: 9,
    why: 'the line is not whole',
  });
});

t.test('lines cut off at the end need a head that was noted', async (t) => {
  const { lines, heads, head } = write(9);
  const short = lines.slice(0, 6);
  t.match(verify(short), { kind: 'whole' }, 'it cannot be seen');
  t.match(verify(short, head), {
    kind: 'broken',
    line: 6,
    why: /numbers 7 to 9 are missing/,
  });
  t.match(verify(lines, heads[2]), { kind: 'whole' });
  const rewritten = write(9, { seq: 0, hash: '1'.repeat(64) });
  t.match(verify(lines, rewritten.heads[2]), {
    kind: 'broken',
    line: 3,
    why: /another hash/,
  });
  t.match(verify([], head), { kind: 'broken', why: /missing/ });
});

t.test('a chain goes on in the next file', async (t) => {
  const { lines, head } = write(9);
  const texts = [
    { file: 'audit.log.1', text: textOf(lines.slice(0, 5)) },
    { file, text: textOf(lines.slice(5)) },
  ];
  t.match(verifyAudit(texts, sha256), { kind: 'whole', lines: 9, head });
  t.match(verifyAudit(texts.toReversed(), sha256), {
    kind: 'broken',
    file: 'audit.log.1',
    line: 1,
  });
  t.match(
    verifyAudit(texts.slice(1), sha256),
    { kind: 'whole', firstSeq: 6 },
    'the newest alone',
  );
});

t.test(
  'a line that a power cut left is told by the one behind it',
  async (t) => {
    const { lines, head } = write(3);
    const rest = 'half of a l\u00e9';
    const opened = nextLine(
      head,
      at,
      { event: 'opened', torn: rest.length, version: '1' },
      sha256,
    );
    t.match(verify([...lines, rest, opened.line]), {
      kind: 'whole',
      torn: 1,
      lines: 4,
    });
    t.match(verify([...lines, `${rest}x`, opened.line]), {
      kind: 'broken',
      line: 4,
    });
    t.match(verify([...lines, opened.line]), {
      kind: 'broken',
      line: 4,
      why: /unfinished line before it/,
    });
  },
);

t.test('any tampering is found, at its line or before (JRN-14)', (t) => {
  const { lines, head } = write(40);
  const index = fc.nat(lines.length - 1);
  // what is done to the lines, with the first that is touched
  const tamper = fc.oneof(
    fc
      .tuple(index, fc.nat(1e6), fc.integer({ min: 1, max: 255 }))
      .map(([at, place, by]): [number, string[]] => {
        const line = Buffer.from(lines[at] ?? '', 'latin1');
        const byte = place % line.length;
        line[byte] = (line[byte] ?? 0) ^ by;
        return [at, lines.with(at, line.toString('latin1'))];
      }),
    fc
      .tuple(index, fc.nat(5))
      .map(([at, count]): [number, string[]] => [
        at,
        lines.toSpliced(at, count + 1),
      ]),
    fc
      .tuple(index, index)
      .filter(([a, b]) => a !== b)
      .map(([a, b]): [number, string[]] => [
        Math.min(a, b),
        lines.with(a, lines[b] ?? '').with(b, lines[a] ?? ''),
      ]),
    fc
      .tuple(index, index)
      .map(([from, to]): [number, string[]] => [
        to,
        lines.toSpliced(to, 0, lines[from] ?? ''),
      ]),
    fc
      .tuple(index, fc.string({ maxLength: 50, unit: 'binary' }))
      .map(([at, text]): [number, string[]] => [
        at,
        lines.toSpliced(at, 0, text),
      ]),
  );
  fc.assert(
    fc.property(tamper, ([, changed]) => {
      const verdict = verify(changed, head);
      // older files may have been rotated away: that the first number is not 1 is told
      return verdict.kind === 'whole' ? verdict.firstSeq > 1 : true;
    }),
    { numRuns: 10_000 },
  );
  t.end();
});

t.test('every line is one line of printable ASCII, whatever was sent', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.constantFrom('certname', 'path', 'reason', 'ip', 'code', 'rule'),
      (text, key) => {
        const entry = auditEntryOf({ ...request, [key]: text });
        const { line } = nextLine(chainStart, at, entry ?? {}, sha256);
        t.ok(line.length < 4096);
        return (
          /^[\x20-\x7e]*$/.test(line) &&
          verify([line]).kind === 'whole' &&
          typeof JSON.parse(line) === 'object'
        );
      },
    ),
  );
  t.end();
});
