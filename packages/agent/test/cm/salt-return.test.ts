import t from 'tap';
import { createSaltCall } from '../../src/cm/salt-call.ts';
import { parseSaltReturn } from '../../src/cm/salt-return.ts';

const returned = (local: unknown): string =>
  JSON.stringify({ local }, undefined, 4);
const state = (more: object = {}): object => ({
  name: 'apache2',
  result: true,
  changes: {},
  comment: '',
  __run_num__: 0,
  __sls__: 'web',
  start_time: '08:00:00.000000',
  duration: 1.5,
  ...more,
});
const changed = { changes: { apache2: true } };

const names: [what: string, key: string, more: object, wanted: string][] = [
  ['a name', 'service_|-web_|-apache2_|-running', {}, 'service[apache2]'],
  [
    'without a name: that of the key',
    'pkg_|-web_|-nginx_|-installed',
    { name: undefined },
    'pkg[nginx]',
  ],
  [
    'the separator in the name',
    'cmd_|-a_|-echo _|- b_|-run',
    { name: undefined },
    'cmd[echo _|- b]',
  ],
  ['neither: the id', 'test_|-the id', { name: undefined }, 'test[the id]'],
  [
    'a number',
    'iptables_|-p_|-8080_|-append',
    { name: 8080 },
    'iptables[8080]',
  ],
  ['a list', 'pkg_|-p_|-x_|-installed', { name: ['a', 'b'] }, 'pkg[a, b]'],
  ['a dict', 'pkg_|-p_|-x_|-installed', { name: { a: 1 } }, 'pkg[x]'],
  ['a truth', 'x_|-p_|-on_|-present', { name: true }, 'x[true]'],
  ['letters', 'file_|-p_|-x_|-managed', { name: '/é/日本' }, 'file[/é/日本]'],
  ['lines', 'cmd_|-p_|-x_|-run', { name: 'one\ntwo' }, 'cmd[one\\u{a}two]'],
  ['no parts at all', 'odd', { name: undefined }, 'odd[unnamed]'],
];
for (const [what, key, more, wanted] of names) {
  t.test(`name: ${what}`, (t) => {
    const text = returned({ [key]: state({ ...changed, ...more }) });
    t.match(parseSaltReturn(text), { changes: [wanted], failures: [] });
    t.end();
  });
}

for (const [changes, isChange] of [
  [{}, false],
  [{ a: 1 }, true],
  [[], false],
  [['a'], true],
  ['', false],
  ['updated', true],
  [null, false],
  [undefined, false],
  [false, false],
  [true, true],
  [0, false],
  [2, true],
] as const) {
  t.test(`changes ${JSON.stringify(changes) ?? 'left out'}`, (t) => {
    const text = returned({ 'a_|-b_|-c_|-d': state({ changes }) });
    t.match(parseSaltReturn(text), { changed: isChange ? 1 : 0, failed: 0 });
    t.end();
  });
}

for (const [result, wanted] of [
  [true, { changed: 1, failed: 0, pending: [] }],
  [false, { changed: 0, failed: 1, pending: [] }],
  [null, { changed: 0, failed: 0, pending: ['a[apache2]'] }],
  // a module of one's own
  ['True', { changed: 0, failed: 1 }],
  [{}, { changed: 0, failed: 1 }],
] as const) {
  t.test(`result ${JSON.stringify(result)}`, (t) => {
    const text = returned({ 'a_|-b_|-c_|-d': state({ ...changed, result }) });
    t.match(parseSaltReturn(text), { kind: 'states', ...wanted });
    t.end();
  });
}

t.test('the first failure is the first that ran', (t) => {
  const text = returned({
    'a_|-b_|-late_|-d': state({ name: 'late', result: false, __run_num__: 9 }),
    'a_|-b_|-first_|-d': state({
      name: 'first',
      result: false,
      __run_num__: 2,
    }),
  });
  t.match(parseSaltReturn(text), {
    failures: ['a[first]', 'a[late]'],
    reason: 'a[first] failed',
  });
  t.end();
});

const good = returned({ 'a_|-b_|-c_|-d': state(changed) });
for (const [what, text] of [
  ['alone', good],
  ['a warning before it', `[WARNING ] {careful\n${good}`],
  ['JSON before it', `{"a": 1}\n{\n    "b": 2\n}\n${good}\n`],
  ['output behind it', `${good}\nbye {\n`],
  ['both', `{\nnoise\n${good}\n{"c": 3}\n`],
  ['on one line', `noise\n${JSON.stringify(JSON.parse(good))}\n`],
  ['windows', good.replaceAll('\n', '\r\n')],
] as const) {
  t.test(`surroundings: ${what}`, (t) => {
    t.match(parseSaltReturn(text), { changes: ['a[apache2]'] });
    t.end();
  });
}

for (const [what, text] of [
  ['cut off', good.slice(0, -20)],
  ['another key', '{"web1": {"a_|-b_|-c_|-d": {"result": true}}}'],
  ['a number', returned(1)],
  ['nothing', returned(null)],
  ['a state that is none', returned({ a: 1 })],
  ['many beginnings', '\n{'.repeat(100_000)],
] as const) {
  t.test(`no return: ${what}`, (t) => {
    t.equal(parseSaltReturn(text), undefined);
    t.end();
  });
}

for (const [local, errors] of [
  [['No matching sls found'], ['No matching sls found']],
  [
    [{ a: 1 }, 3],
    ['salt returned {"a":1}', 'salt returned 3'],
  ],
  [false, ['salt returned false']],
  [true, ['salt returned true']],
  [[], []],
] as const) {
  t.test(`no states: ${JSON.stringify(local)}`, (t) => {
    t.same(parseSaltReturn(returned(local)), { kind: 'errors', errors });
    t.end();
  });
}

t.test("a test run of the minion's own configuration is told", (t) => {
  const profile = createSaltCall({
    name: 'salt-call',
    services: {},
    binary: '/usr/bin/salt-call',
    env: {},
    isLocal: true,
    states: [],
    logDir: '/s',
  });
  const judge = (noop: boolean) =>
    profile.outcome(
      { run: 'r', noop, exitCode: 0, startedAt: new Date() },
      { report: returned({ 'a_|-b_|-c_|-d': state({ result: null }) }) },
    );
  t.match(judge(false), {
    kind: 'unchanged',
    code: 'noop-of-the-host',
    pending: [{ resource: 'a[apache2]' }],
  });
  t.match(judge(true), {
    kind: 'unchanged',
    code: undefined,
    pending: [{ resource: 'a[apache2]' }],
  });
  t.end();
});
