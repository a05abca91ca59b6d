/**
 * What the runner answers: frames, each a byte of kind, four of length, and the bytes. An answer is one
 * JSON text; a log is an answer and then chunks up to an end, so that a runner that dies in the middle
 * is never taken for one that has finished.
 */
export type FrameKind = 'answer' | 'refused' | 'chunk' | 'end';

export interface Frame {
  kind: FrameKind;
  body: Uint8Array;
}

const kinds = ['answer', 'refused', 'chunk', 'end'] as const;
const headBytes = 5;

/** The list of recent runs is the longest answer there is. */
const frameMaxBytes = 32 * 1024 * 1024;

export function encodeFrame(
  kind: FrameKind,
  body: Uint8Array = new Uint8Array(),
): Uint8Array {
  const frame = new Uint8Array(headBytes + body.length);
  frame[0] = kinds.indexOf(kind) + 1;
  new DataView(frame.buffer).setUint32(1, body.length);
  frame.set(body, headBytes);
  return frame;
}

/**
 * Cuts a stream of bytes into its frames.
 * @throws RangeError for what is no frame, and where the stream ends within one
 */
export async function* readFrames(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Frame> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let wanted = headBytes;
  for await (const chunk of stream) {
    held.push(chunk);
    heldBytes += chunk.length;
    while (heldBytes >= wanted) {
      const bytes = join(held, heldBytes);
      const head = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
      const length = head.getUint32(1);
      const kind = kinds[head.getUint8(0) - 1];
      if (kind === undefined || length > frameMaxBytes) {
        throw new RangeError('not a frame');
      }
      wanted = headBytes + length;
      if (heldBytes < wanted) {
        held = [bytes];
        break;
      }
      yield { kind, body: bytes.subarray(headBytes, wanted) };
      held = [bytes.subarray(wanted)];
      heldBytes -= wanted;
      wanted = headBytes;
    }
  }
  if (heldBytes > 0) throw new RangeError('the stream ended within a frame');
}

function join(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
