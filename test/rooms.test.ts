import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

/** A room is a folder of `src`. Two rooms that import each other are one room with a wall through it. */
const packages = ['agent', 'kicker'];
/** Rooms whose subject everything else stands on: they know no other room. */
const ground: Readonly<Record<string, readonly string[]>> = {
  kicker: ['events'],
  agent: [],
};

for (const name of packages) {
  const src = fileURLToPath(
    new URL(`../packages/${name}/src`, import.meta.url),
  );
  const imports = readRooms(src);

  t.test(`${name}: no two rooms import each other`, (t) => {
    const pairs = [...imports].flatMap(([from, rooms]) =>
      [...rooms.keys()]
        .filter((to) => from < to && imports.get(to)?.has(from) === true)
        .map((to) => ({
          [`${from} -> ${to}`]: rooms.get(to),
          [`${to} -> ${from}`]: imports.get(to)?.get(from),
        })),
    );
    t.same(pairs, []);
    t.ok(imports.size > 5, 'the rooms were found');
    t.end();
  });

  for (const room of ground[name] ?? []) {
    t.test(`${name}: ${room} is ground`, (t) => {
      t.same([...(imports.get(room)?.keys() ?? [])], []);
      t.ok(imports.has(room));
      t.end();
    });
  }
}

/** room → the rooms it imports → by which files */
function readRooms(src: string): Map<string, Map<string, string[]>> {
  const found = new Map<string, Map<string, string[]>>();
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    const room = roomOf(file);
    if (!file.endsWith('.ts') || room === undefined) continue;
    const rooms = found.get(room) ?? new Map<string, string[]>();
    found.set(room, rooms);
    const text = readFileSync(join(src, file), 'utf8');
    for (const [, path = ''] of text.matchAll(
      /(?:from|import\()\s*'(\.[^']+)'/g,
    )) {
      const to = roomOf(normalize(join(dirname(file), path)));
      if (to === undefined || to === room) continue;
      rooms.set(to, [...(rooms.get(to) ?? []), file]);
    }
  }
  return found;
}

/** The first folder of a path below `src`; undefined for a file that lies in `src` itself, or outside. */
function roomOf(path: string): string | undefined {
  const [first = '', ...rest] = path.split('/');
  return rest.length === 0 || first === '..' ? undefined : first;
}
