import { readFileSync } from 'node:fs';
import t from 'tap';
import { errorsFile, renderErrors } from '../scripts/errors-doc.ts';

t.test('docs/errors.md and the tables of the code say the same', async (t) => {
  const fresh = await renderErrors();
  t.equal(readFileSync(errorsFile, 'utf8'), fresh, 'run: npm run errors');
});

t.test('every error has a message and a remedy', async (t) => {
  const rows = (await renderErrors())
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  t.ok(rows.length > 100);
  for (const row of rows) {
    const [, code = '', , message = '', remedy = ''] = row
      .replaceAll('\\|', '/')
      .split('|')
      .map((part) => part.trim());
    t.match(code, /^`[A-Z][A-Z0-9_]+`$/);
    t.ok(message.length > 3, `${code} has a message`);
    t.ok(remedy.length > 3, `${code} has a remedy`);
  }
});
