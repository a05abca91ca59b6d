import type {
  Memories,
  Memory,
  MemoryChange,
  MemoryKind,
} from '../decide/memory.ts';

/** A memory that lasts as long as its process: for what is only tried out. */
export interface MapMemory extends Memory {
  write(changes: readonly MemoryChange[]): void;
}

export function createMapMemory(): MapMemory {
  const kinds: { [Kind in MemoryKind]: Map<string, Memories[Kind]> } = {
    fleet: new Map(),
    group: new Map(),
    host: new Map(),
    service: new Map(),
    kick: new Map(),
    server: new Map(),
    page: new Map(),
  };
  return {
    read: (kind, key) => kinds[kind].get(key),
    write: (changes) => {
      for (const { kind, key, value } of changes) {
        // Kind and value of one change belong together.
        const records = kinds[kind] as Map<string, typeof value>;
        if (value === undefined) records.delete(key);
        else records.set(key, value);
      }
    },
  };
}
