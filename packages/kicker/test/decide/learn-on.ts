import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { learn } from '../../src/decide/learn.ts';
import type {
  FleetMemory,
  Memories,
  MemoryKind,
} from '../../src/decide/memory.ts';
import type { News } from '../../src/decide/news.ts';
import { fleetOf } from '../../src/decide/steady.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import { createMapMemory } from '../../src/rehearse/map-memory.ts';

/** A memory that starts with some records, and learns; its steady clock is told. */
export function createLearner({
  rules = defaultRuleSet,
}: { rules?: RuleSet } = {}) {
  const memory = createMapMemory();
  const momentAt = (atMs: number) => ({
    wallMs: 1_772_000_000_000 + atMs,
    boot: 'a',
    monotonicMs: atMs,
  });
  memory.direct.write('fleet', '', {
    open: 0,
    kicks: [],
    moment: momentAt(0),
    steadyMs: 0,
  });
  const set = <Kind extends MemoryKind>(
    kind: Kind,
    key: string,
    value: Memories[Kind],
  ): void => memory.direct.write(kind, key, value);
  const setFleet = (change: Partial<FleetMemory>): void => {
    memory.direct.write('fleet', '', { ...fleetOf(memory), ...change });
  };
  const tell = (news: News, atMs: number): void =>
    memory.write(learn(news, { rules, memory, now: momentAt(atMs) }));
  const read = <Kind extends MemoryKind>(
    kind: Kind,
    key: string,
  ): Memories[Kind] | undefined => memory.read(kind, key);
  return { read, set, setFleet, tell };
}
