import type {
  Memories,
  Memory,
  MemoryChange,
  MemoryKind,
  WritableMemory,
} from './memory.ts';

/** A memory with changes on top that are not written yet. */
export interface Overlay extends WritableMemory {
  /** the last change of each record, to be written in one transaction */
  changes(): MemoryChange[];
}

export function createOverlay(below: Memory): Overlay {
  // A handful of records: looking through them is faster than any index.
  const changed: MemoryChange[] = [];
  const indexOf = (kind: MemoryKind, key: string): number => {
    // Stryker disable next-line EqualityOperator: behind the last there is none
    for (let index = 0; index < changed.length; index += 1) {
      const change = changed[index];
      // Stryker disable next-line OptionalChaining: up to the last there is one
      if (change?.kind === kind && change.key === key) return index;
    }
    return -1;
  };
  const add = (change: MemoryChange): void => {
    const index = indexOf(change.kind, change.key);
    if (index < 0) changed.push(change);
    else changed[index] = change;
  };
  return {
    read<Kind extends MemoryKind>(
      kind: Kind,
      key: string,
    ): Memories[Kind] | undefined {
      const index = indexOf(kind, key);
      // A change of this kind holds a record of this kind.
      return index < 0
        ? below.read(kind, key)
        : (changed[index]?.value as Memories[Kind] | undefined);
    },
    // Kind and value belong together by the signature.
    write: (kind, key, value) => add({ kind, key, value } as MemoryChange),
    changes: () => [...changed],
  };
}
