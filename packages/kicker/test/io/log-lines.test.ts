import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { openLog, type LogSource } from '../../src/io/log-lines.ts';
import { faultsOf } from '../../src/faults.ts';

const never = new AbortController().signal;
async function* nothing(): AsyncGenerator<Uint8Array> {}

async function linesOf(
  source: LogSource,
  signal = never,
): Promise<{ lines: string[]; bytes: number }> {
  const lines: string[] = [];
  let bytes = 0;
  for await (const chunk of source.read(signal)) {
    lines.push(...chunk.lines);
    bytes = chunk.bytes;
  }
  return { lines, bytes };
}
async function faultOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (error) {
    const [fault] = faultsOf(error);
    return `${fault?.code}: ${fault?.message}`;
  }
}

void t.test('lines of a file, one character a byte', async (t) => {
  const text = 'one\nT\xfcr\r\n\nT\xc3\xbcr\nlast';
  const bytes = Buffer.from(text, 'latin1');
  const dir = t.testdir({ plain: bytes, packed: gzipSync(bytes), empty: '' });
  const wanted = ['one', 'T\xfcr', '', 'T\xc3\xbcr', 'last'];
  for (const [name, size] of [
    ['plain', bytes.length],
    ['packed', gzipSync(bytes).length],
  ] as const) {
    const source = openLog(join(dir, name), nothing);
    t.match(source, {
      name: join(dir, name),
      path: join(dir, name),
      bytes: size,
    });
    t.strictSame(await linesOf(source), { lines: wanted, bytes: size });
    t.strictSame((await linesOf(source)).lines, wanted, 'and once more');
  }
  const empty = openLog(join(dir, 'empty'), nothing);
  t.strictSame(await linesOf(empty), { lines: [], bytes: 0 });
});

void t.test('a line over the borders of what is read', async (t) => {
  const lines = Array.from(
    { length: 3000 },
    (_, index) => `${index} ${'x'.repeat(index % 200)}`,
  );
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(lines.join('\n'));
    for (let at = 0; at < bytes.length; at += 997) {
      yield bytes.subarray(at, at + 997);
    }
  }
  for (const name of ['-', '/dev/stdin', '/dev/fd/0']) {
    const source = openLog(name, pieces);
    t.equal(source.name, 'standard input');
    t.equal(source.path, undefined);
    t.strictSame((await linesOf(source)).lines, lines);
  }
});

void t.test('a line without an end is cut', async (t) => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 100; count += 1) {
      yield Buffer.alloc(64 * 1024, 'x');
    }
    yield Buffer.from('\nnext\n');
  }
  const { lines } = await linesOf(openLog('-', pieces));
  t.equal(lines.length, 2);
  t.ok((lines[0]?.length ?? 0) <= 128 * 1024);
  t.equal(lines[1], 'next');
});

void t.test('what cannot be read', async (t) => {
  const dir = t.testdir({});
  const cut = join(dir, 'cut.gz');
  writeFileSync(cut, gzipSync('x'.repeat(1000)).subarray(0, 20));
  const rows: [file: string, fault: RegExp][] = [
    [join(dir, 'none'), /^FILE_UNREADABLE: .*none cannot be read: ENOENT$/],
    [dir, /^FILE_UNREADABLE: .* it is no file but a directory$/],
    [cut, /^FILE_UNREADABLE: .*cut\.gz cannot be read: Z_BUF_ERROR$/],
  ];
  for (const [file, fault] of rows) {
    const found = await faultOf(() => linesOf(openLog(file, nothing)));
    t.match(found, fault);
  }
});

void t.test('whoever is told to stop says nothing of it', async (t) => {
  const dir = t.testdir({ plain: 'a\nb\n' });
  const source = openLog(join(dir, 'plain'), nothing);
  const abort = new AbortController();
  abort.abort();
  t.strictSame((await linesOf(source, abort.signal)).lines, []);
});

void t.test('how it begins, and the whole, read once', async (t) => {
  const text = `${'x'.repeat(100)}\n`.repeat(2000);
  const bytes = Buffer.from(text);
  const dir = t.testdir({ plain: bytes, packed: gzipSync(bytes) });
  let opened = 0;
  const createPipe = () =>
    openLog('-', async function* () {
      opened += 1;
      if (opened > 1) return;
      for (let at = 0; at < bytes.length; at += 5000) {
        yield bytes.subarray(at, at + 5000);
      }
    });
  for (const create of [
    createPipe,
    () => openLog(join(dir, 'plain'), nothing),
    () => openLog(join(dir, 'packed'), nothing),
  ]) {
    opened = 0;
    const source = create();
    const head = await source.head(never);
    t.equal(head, text.slice(0, 64 * 1024));
    t.equal((await linesOf(source)).lines.length, 2000);
    opened = 0;
    const again = create();
    await again.head(never);
    t.equal(await again.text(bytes.length, never), text);
    opened = 0;
    t.match(
      await faultOf(() => create().text(bytes.length - 1, never)),
      /^HISTORY_LARGE: .* is longer than 201999 bytes/,
    );
  }
});
