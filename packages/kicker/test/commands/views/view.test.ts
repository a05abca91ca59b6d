import t from 'tap';
import { viewOfAll, viewOfEach } from '../../../src/commands/views/view.ts';
import { printed, printedJson } from './printed.ts';

t.test('each record on lines of its own, or all at once', (t) => {
  const each = viewOfEach<number>((record) => [`${record}`, '-']);
  t.strictSame(printed(each, [1, 2]), ['1', '-', '2', '-']);
  const all = viewOfAll<number>((records, given) => [
    `${records.join('+')} ${String(given.flag('all'))}`,
  ]);
  t.strictSame(printed(all, [1, 2], { flags: { all: true } }), ['1+2 true']);
  t.strictSame(printed(all, []), [' undefined']);
  t.end();
});

t.test('--json: the record, behind its version', (t) => {
  t.strictSame(printedJson([{ a: 1, b: undefined }, {}]), [
    { version: 1, a: 1 },
    { version: 1 },
  ]);
  t.end();
});
