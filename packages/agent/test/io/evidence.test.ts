import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import { readEvidence, streamReport } from '../../src/io/evidence.ts';

const { signal } = new AbortController();
const never = (): void => {
  t.fail('nothing was to be handed over');
};

t.test('what is no file is never waited for', async (t) => {
  const dir = t.testdir();
  const at = (name: string): string => join(dir, name);
  execaSync('mkfifo', [at('fifo')]);
  mkdirSync(at('folder'));
  for (const file of [at('fifo'), at('folder'), '/dev/zero']) {
    t.same(await readEvidence({ report: file, runLock: file }), {
      report: '',
      runLock: '',
    });
    t.match(await streamReport(file, never, signal), {
      kind: 'unreadable',
      reason: 'it is not a file',
    });
  }
  for (const file of [at('nothing'), at('fifo/nothing')]) {
    t.same(await readEvidence({ report: file }), { report: undefined });
    t.match(await streamReport(file, never, signal), { kind: 'missing' });
  }
});

t.test('a file is read to a bound', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'text');
  writeFileSync(file, `first\n${'x\n'.repeat(1024 * 1024)}last\n`);
  const read = await readEvidence({ log: file, summary: file, report: file });
  t.equal(read['log']?.length, 1024 * 1024);
  t.match(read['summary'], /^first\n/);
  t.match(read['report'], /^first\n[^]*\nlast\n$/, 'a report is read whole');
  appendFileSync(
    file,
    `${'y'.repeat(16 * 1024 * 1024)}\n${'z'.repeat(99)}\nend\n`,
  );
  const { report } = await readEvidence({ report: file });
  t.equal(report, `${'z'.repeat(99)}\nend\n`, 'or its last whole lines');
});

t.test(
  'a report is handed over in pieces, and others have their turn',
  async (t) => {
    const file = join(t.testdir(), 'report');
    writeFileSync(file, Buffer.alloc(1_000_000, 'a'));
    let bytes = 0;
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const state = await streamReport(
      file,
      (piece) => {
        bytes += piece.length;
        // what is added meanwhile is not of this run
        if (bytes < 200_000) appendFileSync(file, 'b');
      },
      signal,
    );
    isOver = true;
    t.match(state, { kind: 'read', modifiedAt: Date });
    t.equal(bytes, 1_000_000);
    t.ok(turns >= 15, `${String(turns)} turns`);
  },
);

t.test('a report beyond all measure, and one that shrinks', async (t) => {
  const file = join(t.testdir(), 'report');
  const fd = openSync(file, 'w');
  ftruncateSync(fd, 2 ** 40);
  t.match(await streamReport(file, never, signal), {
    kind: 'unreadable',
    reason: /^it has 1099511627776 bytes/,
  });
  ftruncateSync(fd, 300_000);
  let bytes = 0;
  const take = (piece: Buffer): void => {
    bytes += piece.length;
    ftruncateSync(fd, 100_000);
  };
  t.match(await streamReport(file, take, signal), { kind: 'read' });
  t.equal(bytes, 100_000);
  closeSync(fd);
});
