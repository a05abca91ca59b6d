import fc from 'fast-check';
import t from 'tap';
import {
  encodeFrame,
  readFrames,
  type FrameKind,
} from '../../src/record/frames.ts';

async function* pieces(
  bytes: Uint8Array,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.slice(at, at + size);
  }
}

async function read(
  bytes: Uint8Array,
  size = 7,
): Promise<{ kind: FrameKind; body: string }[]> {
  const frames = [];
  for await (const { kind, body } of readFrames(pieces(bytes, size))) {
    frames.push({ kind, body: Buffer.from(body).toString() });
  }
  return frames;
}

t.test('frames come back, however the stream is cut', async (t) => {
  const frame = fc.record({
    kind: fc.constantFrom<FrameKind>('answer', 'refused', 'chunk', 'end'),
    body: fc.string({ maxLength: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { maxLength: 5 }),
      fc.integer({ min: 1, max: 60 }),
      async (frames, size) => {
        const stream = Buffer.concat(
          frames.map(({ kind, body }) => encodeFrame(kind, Buffer.from(body))),
        );
        t.same(await read(stream, size), frames);
      },
    ),
  );
});

t.test('what is no frame, or not all of it, is an error', async (t) => {
  const whole = encodeFrame('answer', Buffer.from('{}'));
  for (let length = 1; length < whole.length; length++) {
    await t.rejects(
      read(whole.slice(0, length)),
      RangeError,
      `${length} bytes`,
    );
  }
  await t.rejects(read(Uint8Array.of(0, 0, 0, 0, 0)), RangeError, 'no kind');
  await t.rejects(read(Uint8Array.of(5, 0, 0, 0, 0)), RangeError, 'no kind');
  await t.rejects(read(Uint8Array.of(1, 255, 0, 0, 0)), RangeError, 'too long');
  t.same(await read(new Uint8Array()), []);
});

t.test('a long body is put together once', async (t) => {
  const body = Buffer.alloc(3 * 1024 * 1024, 'x');
  const [frame] = await read(encodeFrame('chunk', body), 64 * 1024);
  t.equal(frame?.body.length, body.length);
});
