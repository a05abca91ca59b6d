import t from 'tap';
import { aclFaults } from '../../src/acl/faults.ts';
import { aclLimits } from '../../src/acl/limits.ts';
import { fitPath, parsePath, type PathPattern } from '../../src/acl/paths.ts';

const at = { file: 'auth.conf', line: 7 };
const literal = (text: string): PathPattern => ({ kind: 'literal', text });

function regexPath(source: string): PathPattern {
  const parsed = parsePath(source, true, at);
  if (parsed.kind === 'fault') throw new Error(parsed.fault.message);
  return parsed.path;
}

t.test('a literal path begins with a slash', (t) => {
  for (const text of ['/run', '/', '/run/', '/run/a~b', '/run/*']) {
    t.strictSame(parsePath(text, false, at), {
      kind: 'path',
      path: { kind: 'literal', text },
    });
  }
  for (const text of ['', 'run', 'run/', '~/run', ' /run']) {
    t.strictSame(parsePath(text, false, at), {
      kind: 'fault',
      fault: aclFaults.pathInvalid(at, text),
    });
  }
  t.end();
});

t.test('a literal path has at most so many characters', (t) => {
  const longest = `/${'a'.repeat(aclLimits.pathMaxChars - 1)}`;
  t.strictSame(parsePath(longest, false, at), {
    kind: 'path',
    path: { kind: 'literal', text: longest },
  });
  t.strictSame(parsePath(`${longest}a`, false, at), {
    kind: 'fault',
    fault: aclFaults.pathInvalid(at, `${longest}a`),
  });
  t.end();
});

t.test('a comment in a path is refused in both forms', (t) => {
  for (const isRegex of [false, true]) {
    for (const text of ['/run#c', '^/run#']) {
      t.strictSame(parsePath(text, isRegex, at), {
        kind: 'fault',
        fault: aclFaults.pathComment(at, text),
      });
    }
  }
  t.end();
});

t.test('a regex path keeps its text and is compiled', (t) => {
  const path = regexPath('^/run/([^/]+)$');
  t.equal(path.kind, 'regex');
  t.equal(path.text, '~ ^/run/([^/]+)$');
  t.strictSame(fitPath(path, '/run/a'), {
    kind: 'fits',
    captures: ['/run/a', 'a'],
  });
  t.strictSame(fitPath(path, '/run'), { kind: 'none' });
  t.strictSame(fitPath(path, '/run/a/b'), { kind: 'none' });
  t.strictSame(fitPath(regexPath('^/run'), '/running'), {
    kind: 'fits',
    captures: ['/run'],
  });
  t.end();
});

t.test('a regex path that is no good regex is refused', (t) => {
  t.strictSame(parsePath('run', true, at), {
    kind: 'fault',
    fault: aclFaults.regexUnanchored(at, 'run'),
  });
  t.match(parsePath('^/run(', true, at), {
    kind: 'fault',
    fault: { code: 'ACL_REGEX_INVALID', line: 7 },
  });
  t.end();
});

t.test('a literal path ends at a segment boundary', (t) => {
  const fits = { kind: 'fits', captures: [] };
  const beside = { kind: 'beside' };
  const none = { kind: 'none' };
  const rows: [pattern: string, path: string, fit: object][] = [
    ['/run', '/run', fits],
    ['/run', '/run/', fits],
    ['/run', '/run/a', fits],
    ['/run', '/running', beside],
    ['/run', '/run.d', beside],
    ['/run', '/runa/', beside],
    ['/run', '/ru', none],
    ['/run', '/a/run', none],
    ['/run', '/RUN', none],
    ['/run/', '/run/a', fits],
    ['/run/', '/run/', fits],
    ['/run/', '/run', none],
    ['/', '/status', fits],
    ['/', '/', fits],
  ];
  for (const [pattern, path, fit] of rows) {
    t.strictSame(fitPath(literal(pattern), path), fit, `${pattern} ${path}`);
  }
  t.end();
});
