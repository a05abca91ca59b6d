import type { Memories, Memory, MemoryChange, MemoryKind } from './memory.ts';

/** A memory with changes on top that are not written yet. */
export interface Overlay extends Memory {
  write<Kind extends MemoryKind>(
    kind: Kind,
    key: string,
    value: Memories[Kind] | undefined,
  ): void;
  add(changes: readonly MemoryChange[]): void;
  /** the last change of each record, to be written in one transaction */
  changes(): MemoryChange[];
}

export function createOverlay(below: Memory): Overlay {
  const changed = new Map<string, MemoryChange>();
  const add = (change: MemoryChange): void => {
    changed.set(`${change.kind}\t${change.key}`, change);
  };
  return {
    read<Kind extends MemoryKind>(
      kind: Kind,
      key: string,
    ): Memories[Kind] | undefined {
      const change = changed.get(`${kind}\t${key}`);
      // A change of this kind holds a record of this kind.
      return change === undefined
        ? below.read(kind, key)
        : (change.value as Memories[Kind] | undefined);
    },
    // Kind and value belong together by the signature.
    write: (kind, key, value) => add({ kind, key, value } as MemoryChange),
    add: (changes) => changes.forEach(add),
    changes: () => [...changed.values()],
  };
}
