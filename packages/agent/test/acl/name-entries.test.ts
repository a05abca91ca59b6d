import t from 'tap';
import type { Entry } from '../../src/acl/entry.ts';
import {
  addName,
  createNameEntries,
  judgeName,
  type NameEntries,
} from '../../src/acl/name-entries.ts';
import { parseName } from '../../src/acl/names.ts';
import { compileRegex } from '../../src/acl/regex.ts';

const at = { file: 'auth.conf', line: 1 };
const entryOf = (text: string, line: number): Entry => ({
  verdict: text.startsWith('deny') ? 'deny' : 'allow',
  text,
  line,
});

/** Each line is `allow NAME` or `deny NAME`. */
function entriesOf(...lines: string[]): NameEntries {
  const entries = createNameEntries();
  for (const [index, text] of lines.entries()) {
    const entry = entryOf(text, index + 1);
    const parsed = parseName(text.split(' ')[1] ?? '', entry.verdict, at);
    if (parsed.kind === 'fault') throw new Error(parsed.fault.message);
    const { name } = parsed;
    if (name.kind === 'regex') {
      const compiled = compileRegex(name.source, at);
      if (compiled.kind === 'fault') throw new Error(compiled.fault.message);
      entries.regexes.push({ regex: compiled.regex, entry });
    } else {
      addName(entries, name, entry);
    }
  }
  return entries;
}

t.test('entries are filed by their form', (t) => {
  t.strictSame(createNameEntries(), {
    exact: new Map(),
    wildcards: new Map(),
    regexes: [],
    references: [],
  });
  const lines = ['deny *', 'allow a.b', 'allow *.c', 'deny $1', 'allow *'];
  const [all, exact, wildcard, reference] = lines.map((text, n) =>
    entryOf(text, n + 1),
  );
  t.strictSame(entriesOf(...lines), {
    exact: new Map([['a.b', exact]]),
    wildcards: new Map([['c', wildcard]]),
    regexes: [],
    references: [{ template: '$1', entry: reference }],
    everyone: all,
  });
  t.equal(entriesOf('allow *', 'deny *').everyone?.line, 2);
  t.equal(entriesOf('allow *').everyone?.line, 1);
  t.end();
});

/** line 0: none speaks; the request's path has captured `captures` */
type Row = [
  why: string,
  lines: string[],
  certname: string,
  line: number,
  captures?: string[],
];

const rows: Row[] = [
  ['nothing written', [], 'a', 0],
  ['an exact name', ['allow a.b'], 'a.b', 1],
  ['in another case', ['allow a.b'], 'A.B', 1],
  ['another name', ['allow a.b'], 'x.a.b', 0],
  ['an exact tie', ['allow a.b', 'deny A.B'], 'a.b', 2],
  ['a wildcard', ['allow *.b.c'], 'a.b.c', 1],
  ['in another case', ['allow *.b.c'], 'a.B.C', 1],
  ['and below', ['allow *.b.c'], 'x.a.b.c', 1],
  ['and its own name', ['allow *.b.c'], 'b.c', 1],
  ['not what only ends so', ['allow *.b.c'], 'ab.c', 0],
  ['not what is above', ['allow *.b.c'], 'c', 0],
  ['the longest wildcard', ['deny *.c', 'allow *.b.c'], 'a.b.c', 2],
  ['the longest, written first', ['allow *.b.c', 'deny *.c'], 'a.b.c', 1],
  ['exact before wildcard', ['deny *.b', 'allow a.b'], 'a.b', 2],
  ['exact before regex', ['deny /^a/', 'allow a.b'], 'a.b', 2],
  ['exact before everyone', ['deny *', 'allow a.b'], 'a.b', 2],
  ['everyone last', ['allow *', 'deny a.b'], 'c.d', 1],
  ['wildcard before everyone', ['deny *', 'allow *.b'], 'a.b', 2],
  ['regex before everyone', ['deny *', 'allow /^a/'], 'a.b', 2],
  ['a regex', ['allow /^a/'], 'a.b', 1],
  ['a regex keeps the case', ['allow /^a/'], 'A.b', 0],
  ['a regex that does not match', ['deny /^x/', 'allow *'], 'a.b', 2],
  ['the first of two regexes', ['allow /^a/', 'allow /b$/'], 'a.b', 1],
  ['a regex that denies', ['allow /^a/', 'deny /b$/'], 'a.b', 2],
  ['written first', ['deny /b$/', 'allow /^a/'], 'a.b', 1],
  ['the first that denies', ['deny /b$/', 'deny /^a/'], 'a.b', 1],
  ['a later one that matches', ['allow /^x/', 'allow /b$/'], 'a.b', 2],
  ['a later deny that does not', ['allow /^a/', 'deny /^x/'], 'a.b', 1],
  ['deny between wildcard and regex', ['allow *.b', 'deny /^a/'], 'a.b', 2],
  ['and the other way', ['deny *.b', 'allow /^a/'], 'a.b', 1],
  ['both allow: the wildcard', ['allow /^a/', 'allow *.b'], 'a.b', 2],
  ['both deny: the wildcard', ['deny /^a/', 'deny *.b'], 'a.b', 2],
  ['a back reference', ['allow $1'], 'a.b', 1, ['/run/a.b', 'a.b']],
  ['to another name', ['allow $1'], 'x.b', 0, ['/run/a.b', 'a.b']],
  ['tied with a name', ['allow a.b', 'deny $1'], 'a.b', 2, ['', 'a.b']],
  ['tied the other way', ['deny a.b', 'allow $1'], 'a.b', 1, ['', 'a.b']],
  ['two of them', ['allow $1', 'deny $2'], 'a.b', 2, ['', 'a.b', 'a.b']],
  ['a wildcard of one', ['allow *.$1'], 'x.a.b', 1, ['', 'a.b']],
  ['longer than one', ['deny *.b', 'allow *.$1'], 'x.a.b', 2, ['', 'a.b']],
  ['shorter than one', ['deny *.a.b', 'allow *.$1'], 'x.a.b', 1, ['', 'b']],
  ['shorter, denied', ['allow *.a.b', 'deny *.$1'], 'x.a.b', 1, ['', 'b']],
  ['as long, allowed', ['allow *.b', 'deny *.$1'], 'x.b', 2, ['', 'b']],
  ['as long, denied', ['deny *.b', 'allow *.$1'], 'x.b', 1, ['', 'b']],
  ['as long, both deny', ['deny *.b', 'deny *.$1'], 'x.b', 1, ['', 'b']],
  ['a captured pattern', ['allow $1'], 'x.b', 0, ['', '*.b']],
  ['that denies', ['deny $1'], 'x.b', 1, ['', '*.b']],
  ['whoever it is', ['deny $1'], 'x.c', 1, ['', '/^q/']],
  ['twice', ['deny $1', 'deny $1'], 'x.c', 1, ['', '/^q/']],
  ['against a wildcard', ['allow *.b', 'deny $1'], 'x.b', 2, ['', '*.c']],
  ['not against a name', ['allow x.b', 'deny $1'], 'x.b', 1, ['', '*.c']],
  ['against a regex', ['allow /^x/', 'deny $1'], 'x.b', 2, ['', '*.c']],
  ['what is no name', ['allow $1'], 'x.b', 1, ['', 'a b']],
  ['against a name', ['allow x.b', 'allow $1'], 'x.b', 2, ['', 'a b']],
];

t.test('which entry speaks about a name', (t) => {
  for (const [why, lines, certname, line, captures = []] of rows) {
    const voice = judgeName(entriesOf(...lines), certname, captures);
    t.equal(voice?.entry.line ?? 0, line, `${why}: ${lines.join(', ')}`);
  }
  t.end();
});

t.test('the entry speaks with its own verdict', (t) => {
  for (const text of ['allow a.b', 'deny a.b', 'allow *', 'deny *.b']) {
    const entry = entryOf(text, 1);
    t.strictSame(judgeName(entriesOf(text), 'a.b', []), {
      verdict: entry.verdict,
      entry,
    });
  }
  t.equal(judgeName(entriesOf('allow *.b'), 'a.c', []), undefined);
  t.end();
});

t.test('an allow of what is no certname keeps out and says why', (t) => {
  for (const text of ['allow $1', 'deny $1']) {
    t.strictSame(judgeName(entriesOf(text), 'a.b', ['/run/a b', 'a b']), {
      verdict: 'deny',
      entry: entryOf(text, 1),
      because: 'the text that the path captured is no certname',
    });
  }
  t.end();
});

t.test('a regex is not tried where it changes nothing', (t) => {
  const entries = createNameEntries();
  const tried: string[] = [];
  for (const [index, text] of [
    'allow 1',
    'allow 2',
    'deny 3',
    'deny 4',
    'allow 5',
  ].entries()) {
    const matches = () => {
      tried.push(text);
      return true;
    };
    const regex = { groups: 0, matches, capture: () => undefined };
    entries.regexes.push({ regex, entry: entryOf(text, index + 1) });
  }
  t.equal(judgeName(entries, 'a.b', [])?.entry.line, 3);
  t.strictSame(tried, ['allow 1', 'deny 3']);
  t.end();
});
