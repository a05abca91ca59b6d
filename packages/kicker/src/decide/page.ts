import type { Memory, PageMemory } from './memory.ts';

/** Whether what a person was called for is over, as far as kicker remembers. */
export function isPageOver({ about }: PageMemory, memory: Memory): boolean {
  switch (about.kind) {
    case 'storm':
      return about.groups.every(
        (name) => memory.read('group', name)?.storm?.isTold !== true,
      );
    case 'server':
      return memory.read('server', about.cm)?.isTold !== true;
    case 'monitor':
      return memory.read('fleet', '')?.isTrouble !== true;
  }
}
