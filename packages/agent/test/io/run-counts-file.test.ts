import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readRunCounts, writeRunCounts } from '../../src/io/run-counts-file.ts';
import { noRunCounts, withTold } from '../../src/run/counts.ts';

t.test('what one runner counted the next begins with', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'counts.json');
  t.strictSame(readRunCounts(file), noRunCounts(), 'none before');
  const outcome = { kind: 'corrected' as const, corrected: [], failed: [] };
  const counts = withTold(
    noRunCounts(),
    { event: 'run-ended', run: 'r', durationMs: 1500, outcome },
    100,
  );
  writeRunCounts(file, counts);
  t.strictSame(readRunCounts(file), counts);
  t.equal(counts.runs['corrected'], 1);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.strictSame(
    readdirSync(dir),
    ['counts.json'],
    'nothing half written is left',
  );
});

t.test('a file that is damaged, of before, or has no folder', async (t) => {
  const dir = t.testdir({
    'damaged.json': '{"runs":',
    'old.json': '{"kicks":{"started":3}}',
  });
  t.strictSame(readRunCounts(join(dir, 'damaged.json')), noRunCounts());
  t.strictSame(readRunCounts(join(dir, 'old.json')), {
    ...noRunCounts(),
    kicks: { started: 3 },
  });
  writeRunCounts(join(dir, 'none', 'counts.json'), noRunCounts());
  writeFileSync(join(dir, 'file'), '');
  t.strictSame(readRunCounts(join(dir, 'file')), noRunCounts());
});
