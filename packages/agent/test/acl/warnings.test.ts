import t from 'tap';
import type { Acl, Stanza } from '../../src/acl/acl.ts';
import {
  addAddress,
  createAddressEntries,
} from '../../src/acl/address-entries.ts';
import { parseNetwork } from '../../src/acl/addresses.ts';
import { aclFaults, aclWarnings } from '../../src/acl/faults.ts';
import { aclLimits } from '../../src/acl/limits.ts';
import { parsePath } from '../../src/acl/paths.ts';
import { warnAbout } from '../../src/acl/warnings.ts';

const file = 'auth.conf';
const place = (line: number) => ({ file, line });
const none = { authAnyLines: [], unserved: [] };

/** `path` as written: `/run` or `~ ^/run$`. */
function stanzaOf(
  line: number,
  path: string,
  more: Partial<Stanza> = {},
): Stanza {
  const isRegex = path.startsWith('~ ');
  const parsed = parsePath(path.replace('~ ', ''), isRegex, place(line));
  if (parsed.kind === 'fault') throw new Error(parsed.fault.message);
  return {
    text: `path ${path}`,
    line,
    path: parsed.path,
    methods: [],
    environments: [],
    ...more,
  };
}

const aclOf = (...stanzas: Stanza[]): Acl => ({
  file,
  stanzas,
  environments: [],
  entries: 0,
});
/** Stanzas of these paths, a line each. */
const aclOfPaths = (...paths: string[]): Acl =>
  aclOf(...paths.map((path, index) => stanzaOf(index + 1, path)));

t.test('a file without anything odd', (t) => {
  t.strictSame(warnAbout(aclOf(), none, undefined), []);
  t.strictSame(warnAbout(aclOfPaths('/run', '/status'), none, 'a'), []);
  t.end();
});

t.test('an auth line without effect, and mistakes that do no harm', (t) => {
  const fault = aclFaults.anyCertname(place(2), '*');
  t.strictSame(
    warnAbout(aclOf(), { authAnyLines: [5, 1], unserved: [fault] }, undefined),
    [
      aclWarnings.authIgnored(place(1)),
      aclWarnings.unserved(
        place(2),
        'ACL_ANY_CERTNAME',
        '"allow *" lets in every certificate that the CA ever signed',
      ),
      aclWarnings.authIgnored(place(5)),
    ],
  );
  t.end();
});

t.test('a glob in a literal path, and a regex is none', (t) => {
  t.strictSame(warnAbout(aclOfPaths('/run/*', '~ ^/run/.*'), none, undefined), [
    aclWarnings.pathGlob(place(1), '/run/*'),
  ]);
  t.end();
});

t.test('a stanza under one that decides everything is not reached', (t) => {
  const rows: [paths: string[], line: number, by: number][] = [
    [['/run', '/run'], 2, 1],
    [['/run', '/run/a'], 2, 1],
    [['/run', '/run/a/b/c'], 2, 1],
    [['/run', '/run/'], 2, 1],
    [['/', '/run'], 2, 1],
    [['/', '/'], 2, 1],
    [['/', '/a/b'], 2, 1],
    [['/status', '/run', '/run/a'], 3, 2],
    [['/run/a', '/run', '/run/a'], 3, 1],
    [['/run', '/running'], 0, 0],
    [['/run', '/status'], 0, 0],
    [['/run/a', '/run'], 0, 0],
    [['/run/', '/run'], 0, 0],
    [['/run/', '/run/'], 0, 0],
    [['/run/', '/run/a'], 0, 0],
    [['~ ^/run', '/run/a'], 0, 0],
    [['/run', '~ ^/run'], 0, 0],
    [['/run/a', '/'], 0, 0],
    [['/run', `/run${'/a'.repeat(31)}`], 2, 1],
    [['/run', `/run${'/a'.repeat(32)}`], 0, 0],
    [['/', `/run${'/a'.repeat(32)}`], 2, 1],
  ];
  for (const [paths, line, by] of rows) {
    const above = { text: `path ${paths[by - 1] ?? ''}`, line: by };
    t.strictSame(
      warnAbout(aclOfPaths(...paths), none, undefined),
      line === 0 ? [] : [aclWarnings.unreached(place(line), above)],
      paths.join(' '),
    );
  }
  t.end();
});

t.test('a stanza of some methods or environments leaves the rest', (t) => {
  for (const more of [
    { methods: ['find' as const] },
    { environments: ['test'] },
    { methods: ['find' as const], environments: ['test'] },
  ]) {
    const partly = stanzaOf(1, '/run', more);
    const acl = aclOf(partly, stanzaOf(2, '/run'), stanzaOf(3, '/run', more));
    t.strictSame(warnAbout(acl, none, undefined), [
      aclWarnings.unreached(place(3), { text: 'path /run', line: 2 }),
    ]);
  }
  t.end();
});

t.test('a stanza that is not reached decides nothing itself', (t) => {
  const above = { text: 'path /run', line: 1 };
  t.strictSame(
    warnAbout(aclOfPaths('/run', '/run/a', '/run/a/b'), none, undefined),
    [2, 3].map((line) => aclWarnings.unreached(place(line), above)),
  );
  t.end();
});

t.test('a network of every address that is allowed', (t) => {
  const addresses = createAddressEntries();
  const lines = ['allow 10.0.0.0/8', 'allow ::/0', 'allow 0.0.0.0/0'];
  for (const [index, text] of lines.entries()) {
    const network = parseNetwork(text.split(' ')[1] ?? '');
    if (network === undefined) throw new Error(text);
    const entry = { verdict: 'allow' as const, text, line: index + 2 };
    addAddress(addresses, network, entry);
  }
  const open = [
    aclWarnings.anyAddress(place(3), 'allow ::/0'),
    aclWarnings.anyAddress(place(4), 'allow 0.0.0.0/0'),
  ];
  for (const path of ['/run', '~ ^/run$']) {
    t.strictSame(
      warnAbout(aclOf(stanzaOf(1, path, { addresses })), none, undefined),
      open,
    );
  }
  for (const entry of addresses.byNetwork.values()) entry.verdict = 'deny';
  t.strictSame(
    warnAbout(aclOf(stanzaOf(1, '/run', { addresses })), none, undefined),
    [],
  );
  t.end();
});

t.test('a regex for /run that fits no kick', (t) => {
  const kick = '/run/web1.example.com';
  const bare = [aclWarnings.bareRun(place(1), '~ ^/run$', kick)];
  type Row = [path: string, methods: Stanza['methods'], isBare: boolean];
  const rows: Row[] = [
    ['~ ^/run$', [], true],
    ['~ ^/run$', ['save'], true],
    ['~ ^/run$', ['find', 'save'], true],
    ['~ ^/run$', ['find'], false],
    ['~ ^/run', [], false],
    ['~ ^/run/[^/]+$', [], false],
    ['~ ^/status$', [], false],
    ['/run', [], false],
  ];
  for (const [path, methods, isBare] of rows) {
    const acl = aclOf(stanzaOf(1, path, { methods }));
    t.strictSame(
      warnAbout(acl, none, 'web1.example.com'),
      isBare ? bare : [],
      `${path} ${methods.join(' ')}`,
    );
    t.strictSame(warnAbout(acl, none, undefined), [], 'of no host');
  }
  t.end();
});

t.test('a regex for /drill that fits no drill', (t) => {
  const path = '/drill/web1.example.com';
  const bare = [aclWarnings.bareDrill(place(1), '~ ^/drill$', path)];
  const rows: [path: string, methods: Stanza['methods'], isBare: boolean][] = [
    ['~ ^/drill$', [], true],
    ['~ ^/drill$', ['save'], true],
    ['~ ^/drill$', ['find'], false],
    ['~ ^/drill', [], false],
    ['~ ^/drill/[^/]+$', [], false],
    ['/drill', [], false],
  ];
  for (const [path, methods, isBare] of rows) {
    t.strictSame(
      warnAbout(
        aclOf(stanzaOf(1, path, { methods })),
        none,
        'web1.example.com',
      ),
      isBare ? bare : [],
      `${path} ${methods.join(' ')}`,
    );
  }
  t.end();
});

t.test('at most so many, in the order of the file', (t) => {
  const most = aclLimits.faultsMax;
  const lines = Array.from({ length: most - 1 }, (_, index) => index + 2);
  const first = aclWarnings.pathGlob(place(1), '/*');
  const auth = lines.map((line) => aclWarnings.authIgnored(place(line)));
  const acl = aclOfPaths('/*');
  const said = { authAnyLines: lines, unserved: [] };
  t.strictSame(warnAbout(acl, said, undefined), [first, ...auth]);
  const more = { authAnyLines: [...lines, most + 1], unserved: [] };
  t.strictSame(warnAbout(acl, more, undefined), [
    ...auth,
    aclWarnings.authIgnored(place(most + 1)),
  ]);
  const glob = warnAbout(aclOfPaths('/a', '/a/*'), said, undefined);
  t.equal(glob.length, most, 'one stanza may say two things');
  t.end();
});
