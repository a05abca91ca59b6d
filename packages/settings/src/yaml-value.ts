import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Document,
  type YAMLMap,
} from 'yaml';

/** How often what stands at an anchor may be used: each use makes the value larger than its text. */
const copiesMost = 10;

export interface Flaw {
  /** in the text */
  offset: number;
  why: string;
}

/** What stands at an anchor, and what its text uses of others. */
interface Anchor {
  name: string;
  value: unknown;
  /** whether its text is being read just now */
  isOpen: boolean;
  /** how often it is used so far, by aliases of aliases as well */
  copies: number;
  uses: Map<Anchor, number>;
}

/**
 * The value of a document whose keys are strings, in time that grows with its text: plain objects, arrays and scalars. Flaws
 * are a key that stands twice, and an alias of nothing, of what it is part of, or of what is used too often. Without one the
 * value is a tree, and at most this many times as large as its text; with one it means nothing.
 */
export function readValue(document: Document.Parsed): {
  value: unknown;
  flaws: Flaw[];
} {
  const flaws: Flaw[] = [];
  const anchors = new Map<string, Anchor>();
  const open: Anchor[] = [];
  return { value: read(document.contents), flaws };

  function read(node: unknown): unknown {
    if (!isNode(node)) return null;
    if (isAlias(node)) return use(node.source, node.range?.[0] ?? 0);
    if (node.anchor === undefined) return readPlain(node);
    const anchor: Anchor = {
      name: node.anchor,
      value: null,
      isOpen: true,
      copies: 0,
      uses: new Map(),
    };
    anchors.set(node.anchor, anchor);
    open.push(anchor);
    anchor.value = readPlain(node);
    open.pop();
    anchor.isOpen = false;
    return anchor.value;
  }

  function readPlain(node: unknown): unknown {
    if (isMap(node)) return readMap(node);
    if (isSeq(node)) return node.items.map(read);
    return isScalar(node) ? node.value : null;
  }

  function readMap(map: YAMLMap): object {
    const offsets = new Map<string, number>();
    const entries = map.items.map(({ key, value }): [string, unknown] => {
      const name = String(isScalar(key) ? key.value : key);
      const offset = (isNode(key) ? key.range?.[0] : undefined) ?? 0;
      if (offsets.has(name)) {
        const why = `Map keys must be unique: ${name} stands there already`;
        flaws.push({ offset, why });
      }
      offsets.set(name, offset);
      return [name, read(value)];
    });
    // As own properties, whatever their names are.
    return Object.fromEntries(entries);
  }

  function use(name: string, offset: number): unknown {
    const target = anchors.get(name);
    if (target === undefined) {
      const why = `the alias *${name} stands for nothing: there is no &${name} before it`;
      flaws.push({ offset, why });
      return null;
    }
    if (target.isOpen) {
      const why = `the alias *${name} is part of what it stands for`;
      flaws.push({ offset, why });
      return null;
    }
    const uses = [...target.uses, [target, 1] as const];
    // Told once of each: what follows is as it is because of the first.
    const over = uses.find(
      ([{ copies }, times]) =>
        copies <= copiesMost && copies + times > copiesMost,
    );
    if (over !== undefined) {
      const why = `the alias *${name} makes more than ${copiesMost} copies of &${over[0].name}: write them out`;
      flaws.push({ offset, why });
    }
    for (const [anchor, times] of uses) {
      anchor.copies += times;
      if (anchor.copies > copiesMost) continue;
      for (const { uses: within } of open) {
        within.set(anchor, (within.get(anchor) ?? 0) + times);
      }
    }
    return target.value;
  }
}
