import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeMetricsFile } from '../../src/io/metrics-file.ts';

t.test('the new text in place of the old, and nothing beside it', (t) => {
  const dir = t.testdir({ 'kicker.prom': 'old 1\n' });
  const file = join(dir, 'kicker.prom');
  writeMetricsFile(file, 'new 2\n', 7);
  t.equal(readFileSync(file, 'utf8'), 'new 2\n');
  t.strictSame(readdirSync(dir), ['kicker.prom']);
  t.end();
});

t.test('no folder, or no file: a fault with its remedy', (t) => {
  const dir = t.testdir();
  const missing = join(dir, 'none', 'kicker.prom');
  t.throws(() => writeMetricsFile(missing, '', 7), {
    code: 'METRICS_UNWRITABLE',
    message: /ENOENT/,
    remedy: /install -d -o nagios .*none\/kicker\.prom/,
  });
  const folder = join(dir, 'folder.prom');
  mkdirSync(folder);
  t.throws(() => writeMetricsFile(folder, '', 7), {
    code: 'METRICS_UNWRITABLE',
    message: /EISDIR/,
  });
  t.end();
});
