import t from 'tap';
import { fileUnder, stricter, type Entry } from '../../src/acl/entry.ts';

const entryOf = (verdict: Entry['verdict'], line: number): Entry => ({
  verdict,
  text: `${verdict} a`,
  line,
});
const [allow, allowToo] = [entryOf('allow', 1), entryOf('allow', 2)];
const [deny, denyToo] = [entryOf('deny', 3), entryOf('deny', 4)];

t.test('of two entries the deny stays, of two alike the first', (t) => {
  t.equal(stricter(allow, deny), deny);
  t.equal(stricter(deny, allow), deny);
  t.equal(stricter(allow, allowToo), allow);
  t.equal(stricter(deny, denyToo), deny);
  t.end();
});

t.test('one entry alone stays, whichever it is', (t) => {
  for (const entry of [allow, deny]) {
    t.equal(stricter(entry, undefined), entry);
    t.equal(stricter(undefined, entry), entry);
  }
  t.equal(stricter(undefined, undefined), undefined);
  t.end();
});

t.test('under each key one entry is kept', (t) => {
  const entries = new Map<string, Entry>();
  fileUnder(entries, 'a', allow);
  fileUnder(entries, 'b', deny);
  t.strictSame(
    [...entries],
    [
      ['a', allow],
      ['b', deny],
    ],
  );
  fileUnder(entries, 'a', denyToo);
  fileUnder(entries, 'b', allowToo);
  t.strictSame(
    [...entries],
    [
      ['a', denyToo],
      ['b', deny],
    ],
  );
  t.end();
});
