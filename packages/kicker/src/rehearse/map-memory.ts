import type {
  Memories,
  Memory,
  MemoryChange,
  MemoryKind,
  WritableMemory,
} from '../decide/memory.ts';

/** A memory that lasts as long as its process: for what is only tried out. */
export interface MapMemory extends Memory {
  write(changes: readonly MemoryChange[]): void;
  /** the same memory, for whoever writes each change at once */
  direct: WritableMemory;
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
  const read = <Kind extends MemoryKind>(
    kind: Kind,
    key: string,
  ): Memories[Kind] | undefined => kinds[kind].get(key);
  const write = <Kind extends MemoryKind>(
    kind: Kind,
    key: string,
    value: Memories[Kind] | undefined,
  ): void => {
    if (value === undefined) kinds[kind].delete(key);
    else kinds[kind].set(key, value);
  };
  return {
    read,
    write: (changes) => {
      for (const { kind, key, value } of changes) write(kind, key, value);
    },
    direct: { read, write },
  };
}
