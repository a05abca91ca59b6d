import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { authorize } from '../../packages/agent/src/acl/authorize.ts';
import { parseAcl } from '../../packages/agent/src/acl/parse.ts';

/** The auth.conf that stood on the agent, whole: most of it is about what kickd does not serve. */
const read = (name: string): ReturnType<typeof parseAcl> => {
  const file = join(import.meta.dirname, '14-whole-auth-conf', name);
  const options = { anyCertname: false, host: 'web1.example.com' };
  return parseAcl(readFileSync(file, 'utf8'), name, options);
};
const kick = (acl: string, certname: string): string => {
  const parsed = read(acl);
  if (parsed.kind === 'faults') return 'error';
  return authorize(parsed.acl, {
    path: '/run/web1.example.com',
    method: 'save',
    certname,
    ip: '192.0.2.1',
    environment: 'production',
  }).decision;
};

t.test('a stock file loads, and says what has no effect', async (t) => {
  const parsed = read('stock.conf');
  if (parsed.kind === 'faults') throw new Error(parsed.faults[0]?.message);
  const codes = parsed.warnings.map(({ code }) => code);
  t.equal(codes.filter((code) => code === 'ACL_UNSERVED').length, 6);
  t.strictSame(
    new Set(codes),
    new Set(['ACL_UNSERVED', 'ACL_AUTH_IGNORED']),
    'and nothing else',
  );
  t.equal(kick('stock.conf', 'kicker.example.com'), 'allow');
  t.equal(kick('stock.conf', 'web2.example.com'), 'deny');
});

t.test('what opens /run is still refused', async (t) => {
  const parsed = read('contrail-like.conf');
  t.match(parsed, {
    kind: 'faults',
    faults: [{ code: 'ACL_ANY_CERTNAME', line: 5, remedy: /^name the hosts/ }],
  });
  t.equal(parsed.kind === 'faults' && parsed.faults.length, 1, 'that alone');
});

t.test('the form of puppetserver is named, once', async (t) => {
  const parsed = read('hocon.conf');
  t.match(parsed, { kind: 'faults', faults: [{ code: 'ACL_HOCON', line: 1 }] });
  t.equal(parsed.kind === 'faults' && parsed.faults.length, 1);
});

t.test('clear before, and still', async (t) => {
  t.match(read('quoted.conf'), { faults: [{ code: 'ACL_NAME_INVALID' }] });
  t.equal(kick('root-first.conf', 'kicker.example.com'), 'allow');
  t.match(read('root-first.conf'), {
    warnings: [
      { code: 'ACL_AUTH_IGNORED' },
      { code: 'ACL_UNREACHED' },
      { code: 'ACL_AUTH_IGNORED' },
    ],
  });
});

t.test('where kickd serves something, nothing is waved through', async (t) => {
  const anywhere = ['/', '/r', '/run', '/run/', '/runs', '/status', '/metrics'];
  const served = [...anywhere, '/run/web1.example.com', '~ ^/run', '~ ^/r.n$'];
  const maybe = ['~ ^/(file|run)$', '~ ^/.*$', '~ ^/f*', '~ ^/s?', '~ /run$'];
  for (const path of [...served, ...maybe]) {
    const text = `path ${path}\nallow *\n`;
    const parsed = parseAcl(text, 'f', { anyCertname: false });
    t.match(parsed, { faults: [{ code: 'ACL_ANY_CERTNAME' }] }, path);
  }
  const elsewhere = [
    '/file',
    '/certificate/ca',
    '/running',
    '/v2.0/environments',
  ];
  for (const path of [...elsewhere, '~ ^/catalog/([^/]+)$', '~ ^\\/node/']) {
    for (const entry of ['allow *', 'allow /example/', 'allow 10.0.0.1']) {
      const text = `path ${path}\n${entry}\n`;
      const parsed = parseAcl(text, 'f', { anyCertname: false });
      t.match(parsed, { warnings: [{ code: 'ACL_UNSERVED' }] }, text);
    }
  }
  const unread = parseAcl('path /file\nallow "a"\n', 'f', {
    anyCertname: false,
  });
  t.match(unread, { kind: 'faults' }, 'what cannot be read is a mistake');
});

t.test('other forms of HOCON, and what is none', async (t) => {
  const hocon = [
    '# puppetserver\n\nauthorization: {\n',
    '// c\nauthorization {\n',
    '{\n  "authorization": {\n',
    'authorization = {',
    'authorization\n{',
    '\u{feff}authorization: {',
  ];
  for (const text of hocon)
    t.match(
      parseAcl(text, 'f', { anyCertname: false }),
      { faults: [{ code: 'ACL_HOCON' }] },
      text,
    );
  for (const text of ['authorizations yes\n', 'path /run\nauthorization: {\n'])
    t.match(
      parseAcl(text, 'f', { anyCertname: false }),
      { faults: [{ code: 'ACL_LINE_INVALID' }] },
      text,
    );
});

t.test('a regex for the path of the request is told', async (t) => {
  const host = 'web1.example.com';
  const warned = (path: string): number => {
    const parsed = parseAcl(`path ~ ${path}\nallow a\n`, 'f', {
      anyCertname: false,
      host,
    });
    if (parsed.kind === 'faults') throw new Error(path);
    return parsed.warnings.filter(({ code }) => code === 'ACL_KICK_UNREACHED')
      .length;
  };
  t.equal(warned('^/run$'), 1);
  t.equal(warned('^/runs?$'), 1);
  t.equal(warned('^/run(/|$)'), 0);
  t.equal(warned('^/run/'), 0);
  t.equal(warned('^/runs$'), 0);
});
