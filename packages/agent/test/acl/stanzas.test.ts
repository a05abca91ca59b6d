import t from 'tap';
import type { Stanza } from '../../src/acl/acl.ts';
import type { Entry } from '../../src/acl/entry.ts';
import { aclFaults, type AclFault } from '../../src/acl/faults.ts';
import { aclLimits } from '../../src/acl/limits.ts';
import type { Line } from '../../src/acl/lines.ts';
import { parsePath } from '../../src/acl/paths.ts';
import { applyDirective, type Building } from '../../src/acl/stanzas.ts';

type Said = Extract<Line, { kind: 'directive' }>;
const at = { file: 'auth.conf', line: 2 };

const buildingOf = (more: Partial<Building> = {}): Building => ({
  file: 'auth.conf',
  anyCertname: false,
  faults: [],
  unserved: [],
  stanzas: [],
  environments: new Set(),
  entries: 0,
  regexes: 0,
  authAnyLines: [],
  ...more,
});

/** `path` as written: `/run` or `~ ^/run$`. */
function stanzaOf(path = '/run'): Stanza {
  const isRegex = path.startsWith('~ ');
  const parsed = parsePath(path.replace('~ ', ''), isRegex, at);
  if (parsed.kind === 'fault') throw new Error(parsed.fault.message);
  return {
    text: `path ${path}`,
    line: 1,
    path: parsed.path,
    methods: [],
    environments: [],
  };
}

const said = (
  keyword: Said['keyword'],
  values: string[],
  line = at.line,
): Said => ({ kind: 'directive', line, keyword, values });

/** The mistakes of one line `KEYWORD VALUE, VALUE`. */
function faultsOf(
  text: string,
  stanza: Stanza | 'broken' = stanzaOf(),
  building: Building = buildingOf(),
): AclFault[] {
  const [keyword = '', ...rest] = text.split(' ');
  const values = rest.join(' ').split(', ');
  // each test names a keyword there is
  applyDirective(building, stanza, said(keyword as Said['keyword'], values));
  return building.faults;
}

const entryOf = (text: string): Entry => ({
  verdict: text.startsWith('deny') ? 'deny' : 'allow',
  text,
  line: at.line,
});

t.test('methods are kept in order, each once', (t) => {
  const stanza = stanzaOf();
  t.strictSame(faultsOf('method save, find', stanza), []);
  t.strictSame(stanza.methods, ['save', 'find']);
  t.strictSame(faultsOf('method find, destroy', stanza), [
    aclFaults.methodTwice(at, 'find'),
  ]);
  t.strictSame(stanza.methods, ['save', 'find', 'destroy']);
  t.strictSame(faultsOf('method head, POST', stanza), [
    aclFaults.methodUnknown(at, 'head'),
    aclFaults.methodUnknown(at, 'POST'),
  ]);
  t.strictSame(faultsOf('method find, find', 'broken'), []);
  t.strictSame(faultsOf('method head', 'broken'), [
    aclFaults.methodUnknown(at, 'head'),
  ]);
  t.strictSame(stanza, {
    ...stanzaOf(),
    methods: ['save', 'find', 'destroy'],
  });
  t.end();
});

t.test('environments are kept in order, each once in a stanza', (t) => {
  const building = buildingOf();
  const stanza = stanzaOf();
  t.strictSame(faultsOf('environment test, a_1', stanza, building), []);
  t.strictSame(faultsOf('environment test', stanzaOf(), building), []);
  t.strictSame(faultsOf('environment other', 'broken', building), []);
  t.strictSame(stanza, { ...stanzaOf(), environments: ['test', 'a_1'] });
  t.strictSame([...building.environments], ['test', 'a_1', 'other']);
  t.strictSame(faultsOf('environment a_1', stanza, building), [
    aclFaults.environmentTwice(at, 'a_1'),
  ]);
  t.strictSame(stanza.environments, ['test', 'a_1']);
  t.strictSame(faultsOf('environment a, a', 'broken'), []);
  t.end();
});

t.test('an environment is a word of at most 255 characters', (t) => {
  t.strictSame(faultsOf(`environment ${'a'.repeat(255)}`), []);
  for (const word of ['a'.repeat(256), 'a-b', 'a b', ' a', 'a ', '', '*']) {
    const building = buildingOf();
    t.strictSame(
      faultsOf(`environment ${word}`, 'broken', building),
      [aclFaults.environmentInvalid(at, word)],
      word,
    );
    t.equal(building.environments.size, 0);
  }
  t.end();
});

t.test('so many environments, and then reading ends', (t) => {
  const most = aclLimits.environmentsMax;
  const names = Array.from({ length: most }, (_, n) => `e${n}`);
  for (const stanza of [stanzaOf(), 'broken' as const]) {
    const building = buildingOf();
    const many = said('environment', names);
    t.equal(applyDirective(building, stanza, many), true);
    t.strictSame(building.faults, []);
    const more = said('environment', ['one', 'two']);
    t.equal(applyDirective(building, stanza, more), false);
    t.strictSame(building.faults, [
      aclFaults.tooMany(at, 'environments', most),
    ]);
  }
  t.end();
});

t.test('auth is checked, and its line kept where it lets in anyone', (t) => {
  for (const keyword of ['auth', 'authenticated'] as const) {
    const building = buildingOf();
    const stanza = stanzaOf();
    const read = (line: number, ...values: string[]): boolean =>
      applyDirective(building, stanza, said(keyword, values, line));
    t.equal(read(1, 'yes', 'on', 'true'), true);
    t.strictSame(building.authAnyLines, []);
    for (const [index, value] of [
      'no',
      'off',
      'false',
      'any',
      'all',
    ].entries()) {
      read(index + 2, value, value);
    }
    t.strictSame(building.authAnyLines, [2, 3, 4, 5, 6]);
    read(7, 'maybe', 'Yes');
    t.strictSame(building.authAnyLines, [2, 3, 4, 5, 6]);
    t.strictSame(
      building.faults,
      ['maybe', 'Yes'].map((value) =>
        aclFaults.authInvalid({ ...at, line: 7 }, value),
      ),
    );
    t.strictSame(stanza, stanzaOf());
    t.equal(building.entries, 0);
  }
  t.end();
});

t.test('names are filed with their keyword and line', (t) => {
  const building = buildingOf();
  const stanza = stanzaOf('~ ^/run/([^/]+)$');
  for (const text of ['allow a.b, *.c, $1', 'deny D.e, *']) {
    t.strictSame(faultsOf(text, stanza, building), []);
  }
  t.strictSame(stanza.names, {
    exact: new Map([
      ['a.b', entryOf('allow a.b')],
      ['d.e', entryOf('deny D.e')],
    ]),
    wildcards: new Map([['c', entryOf('allow *.c')]]),
    regexes: [],
    references: [{ template: '$1', entry: entryOf('allow $1') }],
    everyone: entryOf('deny *'),
  });
  t.equal(stanza.addresses, undefined);
  t.equal(building.entries, 5);
  t.equal(building.regexes, 0);
  t.end();
});

t.test('regexes are compiled and counted', (t) => {
  const building = buildingOf();
  const stanza = stanzaOf();
  t.strictSame(faultsOf('allow /^web/', stanza, building), []);
  t.strictSame(faultsOf('deny /a$/, /b$/', stanza, building), []);
  t.strictSame(faultsOf('deny /b$/', 'broken', building), []);
  t.equal(building.regexes, 4);
  t.equal(building.entries, 4);
  t.strictSame(
    stanza.names?.regexes.map(({ entry }) => entry),
    [entryOf('allow /^web/'), entryOf('deny /a$/'), entryOf('deny /b$/')],
  );
  t.equal(stanza.names?.regexes[0]?.regex.matches('web1'), true);
  t.equal(stanza.names?.regexes[0]?.regex.matches('a.web1'), false);
  t.strictSame(faultsOf('allow /a/', stanza), [
    aclFaults.regexUnanchored(at, 'a'),
  ]);
  t.equal(stanza.names?.regexes.length, 3);
  t.end();
});

t.test('addresses are filed with their keyword and line', (t) => {
  const building = buildingOf();
  const stanza = stanzaOf();
  t.strictSame(faultsOf('allow_ip 10.*', stanza, building), []);
  t.strictSame(faultsOf('deny_ip 10.0.0.5, ::1', stanza, building), []);
  t.strictSame(stanza.addresses, {
    byNetwork: new Map([
      ['4/8/a', entryOf('allow_ip 10.*')],
      ['4/32/a000005', entryOf('deny_ip 10.0.0.5')],
      ['6/128/1', entryOf('deny_ip ::1')],
    ]),
    lengths: { 4: new Set([8, 32]), 6: new Set([128]) },
    firstDeny: entryOf('deny_ip 10.0.0.5'),
  });
  t.equal(stanza.names, undefined);
  t.equal(building.entries, 3);
  for (const keyword of ['allow_ip', 'deny_ip']) {
    t.strictSame(faultsOf(`${keyword} a.b`), [
      aclFaults.addressInvalid(at, 'a.b'),
    ]);
    t.strictSame(faultsOf(`${keyword} a.b`, 'broken'), [
      aclFaults.addressInvalid(at, 'a.b'),
    ]);
    t.strictSame(faultsOf(`${keyword} ::1`, 'broken'), []);
  }
  t.end();
});

t.test('a name that is none', (t) => {
  for (const stanza of [stanzaOf(), 'broken' as const]) {
    t.strictSame(faultsOf('allow "a"', stanza), [
      aclFaults.nameInvalid(at, '"a"'),
    ]);
    t.strictSame(faultsOf('deny 10.0.0.5', stanza), [
      aclFaults.addressInAllow(at, 'deny', '10.0.0.5'),
    ]);
    t.strictSame(faultsOf('allow a.b', stanza), []);
  }
  t.end();
});

t.test('whoever is let in must be named, but where the host says', (t) => {
  for (const name of ['*', '/^/', '/.*$/', '/^./', '/(^|$)/', '/.$/']) {
    for (const stanza of [stanzaOf(), 'broken' as const]) {
      t.strictSame(
        faultsOf(`allow ${name}`, stanza),
        [aclFaults.anyCertname(at, name)],
        name,
      );
      t.strictSame(
        faultsOf(`allow ${name}`, stanza, buildingOf({ anyCertname: true })),
        [],
      );
      t.strictSame(faultsOf(`deny ${name}`, stanza), []);
    }
    const stanza = stanzaOf();
    faultsOf(`allow ${name}`, stanza);
    t.equal(stanza.names, undefined, 'nothing is filed');
  }
  for (const name of [
    '/^[^0]/',
    '/^[^a]/',
    '/^[^z]/',
    '/^[^M]/',
    '/^[^x]/',
    '/^[^.]*$/',
  ]) {
    t.strictSame(faultsOf(`allow ${name}`), [], name);
  }
  t.end();
});

t.test('a back reference needs a group in the path', (t) => {
  const group = '~ ^/run/([^/]+)$';
  t.strictSame(faultsOf('allow $1', stanzaOf(group)), []);
  t.strictSame(faultsOf('allow $1', 'broken'), []);
  const literal = stanzaOf();
  t.strictSame(faultsOf('allow $1', literal), [
    aclFaults.backReference(
      at,
      '$1',
      'a literal path has no groups',
      'write the path as a regex, for example path ~ ^/run/([^/]+)$',
    ),
  ]);
  t.strictSame(faultsOf('deny $2', stanzaOf(group)), [
    aclFaults.backReference(
      at,
      '$2',
      '$2 is missing, the path has 1 group',
      'put a group (...) around the name in the path, or correct the number',
    ),
  ]);
  t.equal(literal.names, undefined, 'nothing is filed');
  t.end();
});

t.test('a mistake that can do no harm is kept apart', (t) => {
  const rows: [text: string, isHarmless: boolean][] = [
    ['allow *', true],
    ['allow /a/', true],
    ['allow 10.0.0.5', true],
    ['allow Web1', true],
    ['allow "a"', false],
    ['allow /^(/', false],
    ['allow_ip a', false],
    ['method head', false],
    ['auth maybe', false],
  ];
  for (const [text, isHarmless] of rows) {
    const there = buildingOf();
    faultsOf(text, stanzaOf('/catalog'), there);
    t.equal(there.unserved.length, isHarmless ? 1 : 0, text);
    t.equal(there.faults.length, isHarmless ? 0 : 1, text);
    for (const stanza of [stanzaOf('/run'), 'broken' as const]) {
      const here = buildingOf();
      faultsOf(text, stanza, here);
      t.equal(here.unserved.length, 0, text);
      t.equal(here.faults.length, 1, text);
    }
  }
  const building = buildingOf();
  const catalog = stanzaOf('/catalog');
  faultsOf('allow *, a.b', catalog, building);
  t.strictSame(building.unserved, [aclFaults.anyCertname(at, '*')]);
  t.strictSame([...(catalog.names?.exact.keys() ?? [])], ['a.b']);
  t.end();
});

t.test('so many entries of each kind, and then reading ends', (t) => {
  const most = aclLimits.entriesMax;
  for (const [keyword, value] of [
    ['allow', 'a'],
    ['deny', 'a'],
    ['allow_ip', '::1'],
    ['deny_ip', '::1'],
  ] as const) {
    const building = buildingOf({ entries: most - 1 });
    const stanza = stanzaOf();
    const one = said(keyword, [value]);
    t.equal(applyDirective(building, stanza, one), true);
    t.strictSame(building.faults, []);
    t.equal(building.entries, most);
    const two = said(keyword, [value, value]);
    t.equal(applyDirective(building, stanza, two), false);
    t.strictSame(building.faults, [aclFaults.tooMany(at, 'entries', most)]);
  }
  t.end();
});

t.test('so many regexes, and then reading ends', (t) => {
  const most = aclLimits.regexesMax;
  const building = buildingOf({ regexes: most - 1 });
  const stanza = stanzaOf();
  t.equal(applyDirective(building, stanza, said('allow', ['/^a/'])), true);
  t.strictSame(building.faults, []);
  t.equal(
    applyDirective(building, stanza, said('allow', ['/^b/', '/^c/'])),
    false,
  );
  t.strictSame(building.faults, [aclFaults.tooMany(at, 'regexes', most)]);
  t.equal(stanza.names?.regexes.length, 1);
  t.end();
});

t.test('a mistake does not end the line', (t) => {
  const building = buildingOf();
  const stanza = stanzaOf();
  const line = said('allow', ['"a"', 'b', '"c"']);
  t.equal(applyDirective(building, stanza, line), true);
  t.strictSame(building.faults, [
    aclFaults.nameInvalid(at, '"a"'),
    aclFaults.nameInvalid(at, '"c"'),
  ]);
  t.strictSame([...(stanza.names?.exact.keys() ?? [])], ['b']);
  t.end();
});
