/** What will happen, by a time in milliseconds that is only told; what is due at once happens in its order. */
export interface Timeline {
  nowMs(): number;
  /** @returns forgets it again */
  after(ms: number, work: () => void): () => void;
  /** lets everything happen until then */
  runUntil(untilMs: number): void;
}

interface Item {
  atMs: number;
  order: number;
  work: (() => void) | undefined;
}

/** A binary heap. */
export function createTimeline(): Timeline {
  const heap: Item[] = [];
  let nowMs = 0;
  let order = 0;

  function isBefore(one: Item, other: Item): boolean {
    return one.atMs === other.atMs
      ? one.order < other.order
      : one.atMs < other.atMs;
  }
  function push(item: Item): void {
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(item, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = item;
  }
  function pop(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      let child = heap[down];
      const right = heap[down + 1];
      if (
        child !== undefined &&
        right !== undefined &&
        isBefore(right, child)
      ) {
        down += 1;
        child = right;
      }
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }

  return {
    nowMs: () => nowMs,
    after: (ms, work) => {
      const item: Item = { atMs: nowMs + Math.max(0, ms), order, work };
      order += 1;
      push(item);
      return () => {
        item.work = undefined;
      };
    },
    runUntil: (untilMs) => {
      for (;;) {
        const next = heap[0];
        if (next === undefined || next.atMs > untilMs) break;
        pop();
        nowMs = next.atMs;
        next.work?.();
      }
      nowMs = untilMs;
    },
  };
}
