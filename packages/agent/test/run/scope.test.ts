import fc from 'fast-check';
import t from 'tap';
import {
  canShare,
  covers,
  mergeScopes,
  scopeOf,
  type RunScope,
} from '../../src/run/scope.ts';

const scopes = fc.record(
  {
    cm: fc.constantFrom('puppet-agent', 'cfengine'),
    noop: fc.boolean(),
    environment: fc.constantFrom('production', 'test'),
    tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), {
      minLength: 1,
    }),
  },
  { requiredKeys: ['cm', 'noop'] },
) as fc.Arbitrary<RunScope>;

t.test('a merged scope covers both, and nothing but both', (t) => {
  fc.assert(
    fc.property(scopes, scopes, (one, other) => {
      fc.pre(canShare(one, other));
      const merged = mergeScopes(one, other);
      const isWhole = one.tags === undefined || other.tags === undefined;
      return (
        covers(merged, one) &&
        covers(merged, other) &&
        (merged.tags === undefined) === isWhole &&
        (merged.tags ?? []).every(
          (tag) => one.tags?.includes(tag) || other.tags?.includes(tag),
        )
      );
    }),
  );
  t.end();
});

t.test('noop and real never share', (t) => {
  const scope = { cm: 'puppet-agent', noop: false };
  t.equal(canShare(scope, { ...scope, noop: true }), false);
  t.equal(covers(scope, { ...scope, noop: true }), false);
  t.equal(canShare(scope, scope), true);
  t.end();
});

t.test('a kick without words takes the profile of the host', (t) => {
  const kick = '0193a000-0000-7000-8000-000000000001';
  const certname = 'web1.example.com';
  t.same(scopeOf({ kick, certname }, 'puppet-agent'), {
    cm: 'puppet-agent',
    noop: false,
  });
  t.same(
    scopeOf({ kick, certname, cm: 'web', tags: ['b', 'a'], noop: true }, 'x'),
    { cm: 'web', noop: true, tags: ['a', 'b'] },
  );
  t.end();
});

t.test('what a kick does not name is no key of its scope', (t) => {
  const kick = '0193a000-0000-7000-8000-000000000001';
  const certname = 'web1.example.com';
  const bare = { cm: 'puppet-agent', noop: false };
  t.strictSame(scopeOf({ kick, certname }, 'puppet-agent'), bare);
  t.strictSame(
    scopeOf({ kick, certname, environment: 'test' }, 'puppet-agent'),
    { ...bare, environment: 'test' },
  );
  t.strictSame(scopeOf({ kick, certname, tags: ['a'] }, 'puppet-agent'), {
    ...bare,
    tags: ['a'],
  });
  t.end();
});

t.test('which scope covers which', (t) => {
  const whole: RunScope = { cm: 'puppet-agent', noop: false };
  const [a, ab] = [
    { ...whole, tags: ['a'] },
    { ...whole, tags: ['a', 'b'] },
  ];
  const rows: [wide: RunScope, narrow: RunScope, isCovered: boolean][] = [
    [whole, whole, true],
    [whole, a, true],
    [a, whole, false],
    [ab, a, true],
    [a, ab, false],
    [a, a, true],
  ];
  for (const [wide, narrow, isCovered] of rows) {
    t.equal(covers(wide, narrow), isCovered);
    for (const other of [
      { cm: 'cfengine' },
      { noop: true },
      { environment: 'test' },
    ]) {
      t.equal(canShare(wide, { ...narrow, ...other }), false);
      t.equal(covers(wide, { ...narrow, ...other }), false);
    }
  }
  t.end();
});
