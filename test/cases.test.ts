import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..');

/** Every id of docs/reference/cases.md that a test's name begins with. */
const tested = new Set(
  globSync('packages/*/test/**/*.test.ts', { cwd: root }).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/['"`]((?:TLS|HTTP|ACL)-\d\d) /g)].map(
      ([, id = '']) => id,
    );
  }),
);
const listed = [
  ...readFileSync(join(root, 'docs/reference/cases.md'), 'utf8').matchAll(
    /^\| ((?:TLS|HTTP|ACL)-\d\d) +\|/gm,
  ),
].map(([, id = '']) => id);

t.test('every case of the list is a test of its name', async (t) => {
  const numbered = (prefix: string, last: number): string[] =>
    Array.from(
      { length: last },
      (_, n) => `${prefix}-${String(n + 1).padStart(2, '0')}`,
    );
  t.strictSame(
    listed.filter((id) => !id.startsWith('ACL')),
    [...numbered('TLS', 26), ...numbered('HTTP', 23)],
    'the list is whole',
  );
  for (const id of listed) t.ok(tested.has(id), id);
  for (const id of tested) t.ok(listed.includes(id), `${id} is in the list`);
});
