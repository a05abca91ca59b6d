import fc from 'fast-check';
import t from 'tap';
import type { TimedLines } from '../../src/rehearse/line-times.ts';
import { mergeLogs } from '../../src/rehearse/merge-logs.ts';

/** Logs of seconds; each part of a log is a list. */
function sourcesOf(
  logs: readonly (readonly number[])[][],
  onOpen?: (source: number) => void,
  onClose?: (source: number) => void,
) {
  return logs.map((parts, source) => ({
    firstMs: (parts.flat()[0] ?? 0) * 1000,
    async *open(): AsyncGenerator<TimedLines> {
      onOpen?.(source);
      try {
        for (const part of parts) {
          yield {
            lines: part.map((at, index) => `${source}:${at}:${index}`),
            atMs: part.map((at) => at * 1000),
          };
        }
      } finally {
        onClose?.(source);
      }
    },
  }));
}

async function merged(
  logs: readonly (readonly number[])[][],
): Promise<{ at: number; source: number; isAlone: boolean }[]> {
  const read: { at: number; source: number; isAlone: boolean }[] = [];
  for await (const { source, part, from, to, isAlone } of mergeLogs(
    sourcesOf(logs),
  )) {
    for (let at = from; at < to; at += 1) {
      read.push({ at: (part.atMs[at] ?? 0) / 1000, source, isAlone });
    }
  }
  return read;
}

void t.test(
  'by time, and of the same time in the order of the logs',
  async (t) => {
    const read = await merged([
      [
        [10, 20],
        [20, 40],
      ],
      [[20, 30], [], [50]],
      [[]],
    ]);
    t.strictSame(
      read.map(({ at, source }) => [at, source]),
      [
        [10, 0],
        [20, 0],
        [20, 0],
        [20, 1],
        [30, 1],
        [40, 0],
        [50, 1],
      ],
    );
    t.strictSame(
      read.map(({ isAlone }) => isAlone),
      [true, false, false, false, false, false, true],
    );
  },
);

void t.test(
  'a log is opened when its time has come, and closed at its end',
  async (t) => {
    const log: string[] = [];
    const sources = sourcesOf(
      [[[100, 110]], [[10, 20]], [[15]]],
      (source) => log.push(`open ${source}`),
      (source) => log.push(`close ${source}`),
    );
    for await (const { source, from, to, part } of mergeLogs(sources)) {
      for (let at = from; at < to; at += 1) {
        log.push(`${source} at ${(part.atMs[at] ?? 0) / 1000}`);
      }
    }
    t.strictSame(log, [
      'open 1',
      '1 at 10',
      'open 2',
      '2 at 15',
      'close 2',
      '1 at 20',
      'close 1',
      'open 0',
      '0 at 100',
      '0 at 110',
      'close 0',
    ]);
  },
);

void t.test('whoever stops reading closes what is open', async (t) => {
  const closed: number[] = [];
  const sources = sourcesOf(
    [[[10, 20]], [[10, 20]]],
    () => {},
    (source) => closed.push(source),
  );
  for await (const _run of mergeLogs(sources)) break;
  t.strictSame(closed, [0, 1]);
});

void t.test(
  'the lines of a log keep their order, all of them are there',
  async () => {
    const log = fc
      .array(fc.nat(30), { maxLength: 20 })
      .map((seconds) => seconds.toSorted((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(
        fc.array(log, { maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (logs, size) => {
          const parts = logs.map((seconds) =>
            Array.from(
              { length: Math.ceil(seconds.length / size) },
              (_, index) => seconds.slice(index * size, (index + 1) * size),
            ),
          );
          const read = await merged(parts);
          const wanted = logs
            .flatMap((seconds, source) => seconds.map((at) => ({ at, source })))
            .toSorted((a, b) => a.at - b.at || a.source - b.source);
          return (
            JSON.stringify(read.map(({ at, source }) => ({ at, source }))) ===
            JSON.stringify(wanted)
          );
        },
      ),
    );
  },
);
