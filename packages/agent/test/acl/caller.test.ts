import t from 'tap';
import { refuseCaller } from '../../src/acl/caller.ts';
import { aclLimits } from '../../src/acl/limits.ts';
import type { AclRequest } from '../../src/acl/request.ts';

const good: AclRequest = {
  path: '/run/web1.example.com',
  method: 'save',
  certname: 'monitor.example.com',
};

t.test('a caller with a certname and a path is left to the rules', (t) => {
  const longest = 'a'.repeat(aclLimits.certnameMaxChars);
  for (const certname of ['a', 'Web1', '!~', 'a.b', 'ops@host', longest]) {
    t.equal(refuseCaller({ ...good, certname }), undefined, certname);
  }
  for (const path of ['/', '/run', '/a b', '/\u00a0', '/~', '/\u2027\u202a']) {
    t.equal(refuseCaller({ ...good, path }), undefined, path);
  }
  t.end();
});

t.test('a caller without a certificate', (t) => {
  t.strictSame(refuseCaller({ ...good, certname: undefined }), {
    decision: 'deny',
    reason:
      'the caller showed no client certificate, and no rule lets anyone in without one',
    remedy: 'connect with a certificate that the CA of this host has signed',
  });
  t.end();
});

t.test('what is no certname is refused with its flaw', (t) => {
  const character = 'it has a character that no certname has';
  const part = 'a part between its dots is empty';
  const rows: [certname: string, shown: string, flaw: string][] = [
    ['', '', 'it is empty'],
    ['a b', 'a b', character],
    ['a\n', 'a\\u{a}', character],
    ['\na', '\\u{a}a', character],
    ['a\u007f', 'a\\u{7f}', character],
    ['\u00e9', '\u00e9', character],
    ['*.example.com', '*.example.com', character],
    ['a*', 'a*', character],
    ['.', '.', part],
    ['a..b', 'a..b', part],
    ['.a', '.a', part],
    ['a.', 'a.', part],
    [
      'a'.repeat(aclLimits.certnameMaxChars + 1),
      `${'a'.repeat(97)}...`,
      'it has more than 253 characters',
    ],
  ];
  for (const [certname, shown, flaw] of rows) {
    t.strictSame(refuseCaller({ ...good, certname }), {
      decision: 'deny',
      reason: `"${shown}" is no certname: ${flaw}`,
      remedy:
        'issue the caller a certificate with a plain lower-case host name',
    });
  }
  t.end();
});

t.test('what is no path is refused', (t) => {
  const rows: [path: string, shown: string][] = [
    ['', ''],
    ['run', 'run'],
    ['run/', 'run/'],
    ['/\u0000', '/\\u{0}'],
    ['/run\n', '/run\\u{a}'],
    ['/\u001f', '/\\u{1f}'],
    ['/\u007f', '/\\u{7f}'],
    ['/\u009f', '/\\u{9f}'],
    ['/\u2028a', '/\\u{2028}a'],
    ['/\u2029a', '/\\u{2029}a'],
    [`run/${'a'.repeat(200)}`, `run/${'a'.repeat(93)}...`],
  ];
  for (const [path, shown] of rows) {
    t.strictSame(refuseCaller({ ...good, path }), {
      decision: 'deny',
      reason: `"${shown}" is no path: it begins with a slash and has no control characters`,
      remedy: 'ask for a path that kickd serves, for example /run',
    });
  }
  t.end();
});

t.test('the certname is looked at before the path', (t) => {
  t.match(refuseCaller({ ...good, certname: '', path: '' }), {
    reason: '"" is no certname: it is empty',
  });
  t.end();
});
