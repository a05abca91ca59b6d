import t from 'tap';
import {
  matchReference,
  referenceFault,
  type ReferenceMatch,
} from '../../src/acl/back-reference.ts';

t.test('what a back reference says about a name', (t) => {
  const wildcard = (labels: number): ReferenceMatch => ({
    kind: 'wildcard',
    labels,
  });
  const [exact, none] = [{ kind: 'exact' }, { kind: 'none' }];
  const [pattern, invalid] = [{ kind: 'pattern' }, { kind: 'invalid' }];
  type Row = [
    template: string,
    captured: string[],
    name: string,
    match: object,
  ];
  const rows: Row[] = [
    ['$1', ['a.b'], 'a.b', exact],
    ['$1', ['A.b'], 'a.B', exact],
    ['$1', ['a.b'], 'a.c', none],
    ['$1', ['a.b'], 'x.a.b', none],
    ['$1.B', ['a'], 'a.b', exact],
    ['$1.$2', ['a', 'b'], 'a.b', exact],
    ['$2.$1', ['a', 'b'], 'a.b', none],
    ['$10.b', ['a'], 'a0.b', exact],
    ['x$3.b', ['a'], 'x.b', exact],
    ['*.$1', ['b.c'], 'a.b.c', wildcard(2)],
    ['*.$1', ['B.c'], 'a.b.C', wildcard(2)],
    ['*.$1', ['b.c'], 'b.c', wildcard(2)],
    ['*.$1', ['c'], 'a.b.c', wildcard(1)],
    ['*.$1', ['b.c'], 'ab.c', none],
    ['*.$1', ['b.c'], 'xb.c', none],
    ['*.$1', ['b.c'], 'b.c.d', none],
    ['$1', ['*.b.c'], 'a.b.c', pattern],
    ['$1', ['*.b.c'], 'x.y', pattern],
    ['$1.c', ['*.b'], 'a.b.c', pattern],
    ['$1', ['*.-b'], 'a.b', invalid],
    ['*$1', ['.b'], 'a.b', pattern],
    ['$1', ['$1'], '$1', none],
    ['$1', ['a$2'], 'a', none],
    ['$1', ['a'], 'a', exact],
    ['$1', ['a'], 'A', exact],
    ['$1', ['A'], 'a', none],
    ['$1', ['A'], 'A', none],
    ['$1', ['a'], 'b', none],
    ['A$1', ['b'], 'ab', exact],
    ['$1', ['a@b'], 'a@b', exact],
    ['$1', ['a.b@'], 'a.b@', none],
    ['$1', ['a.'], 'a.', none],
    ['$1', ['/^a/'], 'a', pattern],
    ['$1', ['//'], 'a', pattern],
    ['$1', ['/'], 'a', invalid],
    ['$1', ['/a'], 'a', invalid],
    ['$1', ['a/'], 'a', invalid],
    ['$1', ['a b'], 'a b', invalid],
    ['$1', ['*'], 'a', invalid],
    ['$1', [''], 'a', invalid],
    ['$1', [], 'a', invalid],
  ];
  for (const [template, captured, name, match] of rows) {
    t.strictSame(
      matchReference(template, ['/the/path', ...captured], name),
      match,
      `${template} of ${captured.join(', ')} for ${name}`,
    );
  }
  t.end();
});

const literal = {
  why: 'a literal path has no groups',
  remedy: 'write the path as a regex, for example path ~ ^/run/([^/]+)$',
};
const inRegex = {
  why: 'a captured text cannot become part of a regex',
  remedy: 'write $1, $1.example.com or *.$1',
};
const never = {
  why: 'this could never become a certname',
  remedy: 'write $1, $1.example.com or *.$1',
};
const whole = {
  why: '$0 is the whole path, which is no certname',
  remedy: 'put a group around the name in the path and write $1',
};
const missing = (digit: number, groups: string) => ({
  why: `$${digit} is missing, the path has ${groups}`,
  remedy:
    'put a group (...) around the name in the path, or correct the number',
});

t.test('a back reference that can mean a name', (t) => {
  for (const template of [
    '$1',
    '*.$1',
    '$1.example.com',
    '*.$1.example.com',
    'web-$1',
    '-$1',
    '$1@host',
    '@$1',
    '$1$2',
    '$10',
    '*.a$1',
    'a.$2.$1',
  ]) {
    t.equal(referenceFault(template, 2), undefined, template);
  }
  t.end();
});

t.test('a back reference that cannot', (t) => {
  type Row = [template: string, groups: number | undefined, fault: object];
  const rows: Row[] = [
    ['$1', undefined, literal],
    ['/$1/', undefined, literal],
    ['/$1/', 1, inRegex],
    ['/$1', 1, inRegex],
    ['$1/', 1, never],
    ['a/$1', 1, never],
    ['.$1', 1, never],
    ['*$1', 1, never],
    ['**.$1', 1, never],
    ['x*.$1', 1, never],
    ['*.*.$1', 1, never],
    ['*..$1', 1, never],
    ['$1..a', 1, never],
    ['$1.', 1, never],
    ['$a$1', 1, never],
    ['$1$', 1, never],
    ['$1 ', 1, never],
    [' $1', 1, never],
    ['$1*', 1, never],
    ['$0', 1, whole],
    ['$0', 0, whole],
    ['$1$0', 1, whole],
    ['$2.$0', 1, whole],
    ['$1', 0, missing(1, '0 groups')],
    ['$2', 1, missing(2, '1 group')],
    ['$3', 2, missing(3, '2 groups')],
    ['$3.$1', 2, missing(3, '2 groups')],
    ['$1.$3', 2, missing(3, '2 groups')],
  ];
  for (const [template, groups, fault] of rows) {
    t.strictSame(referenceFault(template, groups), fault, template);
  }
  t.end();
});
