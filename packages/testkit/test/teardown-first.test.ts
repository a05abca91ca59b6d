import { existsSync } from 'node:fs';
import t from 'tap';

for (const parent of ['a test', 'a test in a test']) {
  t.test(`${parent} is stopped before its folder is removed`, async (t) => {
    const seen: boolean[] = [];
    await t.test('outer', async (outer) => {
      const run = (t: typeof outer): void => {
        const dir = t.testdir({ file: '' });
        t.teardown(() => {
          seen.push(existsSync(dir));
        });
        t.ok(existsSync(dir));
      };
      if (parent === 'a test') run(outer);
      else await outer.test('inner', async (t) => run(t));
    });
    t.strictSame(seen, [true]);
  });
}
