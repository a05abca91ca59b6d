import type { Memory, PageMemory } from './memory.ts';

/** The key of a call of a person: one for each thing that can be over. */
export function pageKey(about: PageMemory['about'], name: string): string {
  switch (about.kind) {
    case 'problem':
      return `problem ${about.service}`;
    case 'storm':
      return name;
    case 'server':
      return `server ${about.cm}`;
    case 'monitor':
      return 'monitor';
    case 'events':
      return 'events';
  }
}

/** Whether what a person was called for is over, as far as kicker remembers. */
export function isPageOver({ about }: PageMemory, memory: Memory): boolean {
  switch (about.kind) {
    case 'problem':
      return memory.read('service', about.service)?.problem?.isTold !== true;
    case 'storm':
      return about.groups.every(
        (name) => memory.read('group', name)?.storm?.isTold !== true,
      );
    case 'server':
      return memory.read('server', about.cm)?.isTold !== true;
    case 'monitor':
      return memory.read('fleet', '')?.isTrouble !== true;
    case 'events':
      // Nothing that is remembered: whoever looks into the spool ends it.
      return false;
  }
}
