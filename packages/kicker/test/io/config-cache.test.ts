import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { defaultConfig } from '../../src/config/config.ts';
import {
  locateConfigCache,
  readConfigCache,
  writeConfigCache,
} from '../../src/io/config-cache.ts';

const source = { madeBy: '1', file: '/etc/kicker.yaml', text: 'port: 9139' };
const config = {
  ...defaultConfig(),
  file: source.file,
  port: 9139,
  hosts: JSON.parse('{"__proto__": {"port": 1}, "web1": {}}'),
};

/** A home that holds nothing, and the place of the cache in it. */
function createHome(t: Test): { home: string; cache: string } {
  const home = join(t.testdir(), 'home');
  mkdirSync(home, { mode: 0o700 });
  return { home, cache: join(home, '.cache', 'kicker', 'config.json') };
}

/** A cache that is believed, to be spoilt. */
function createKept(t: Test) {
  const made = createHome(t);
  writeConfigCache(made.cache, source, config);
  t.strictSame(readConfigCache(made.cache, source), config);
  return made;
}

void t.test('what was kept is read, and nobody else can read it', async (t) => {
  const { home, cache } = createKept(t);
  const modeOf = (file: string) => statSync(file).mode & 0o777;
  t.equal(modeOf(join(home, '.cache')), 0o700);
  t.equal(modeOf(join(home, '.cache', 'kicker')), 0o700);
  t.equal(modeOf(cache), 0o600);
  t.strictSame(readdirSync(join(home, '.cache', 'kicker')), ['config.json']);
});

void t.test('kept again over what was there', async (t) => {
  const { cache } = createKept(t);
  const next = { ...source, text: 'port: 9140' };
  writeConfigCache(cache, next, { ...config, port: 9140 });
  t.match(readConfigCache(cache, next), { port: 9140 });
  t.equal(readConfigCache(cache, source), undefined);
});

// Each row: why it is not believed, and what was done to the cache.
const disbelieved: [string, (cache: string) => void][] = [
  ['the file: written by the group', (cache) => chmodSync(cache, 0o620)],
  ['the file: written by anybody', (cache) => chmodSync(cache, 0o602)],
  [
    'its folder: written by the group',
    (cache) => chmodSync(join(cache, '..'), 0o770),
  ],
  [
    'its folder: written by anybody',
    (cache) => chmodSync(join(cache, '..'), 0o707),
  ],
  [
    'the folder above: written by anybody',
    (cache) => chmodSync(join(cache, '..', '..'), 0o1777),
  ],
  [
    'a symbolic link',
    (cache) => {
      renameSync(cache, `${cache}.real`);
      symlinkSync(`${cache}.real`, cache);
    },
  ],
  [
    'a folder in its place',
    (cache) => {
      renameSync(cache, `${cache}.real`);
      mkdirSync(cache, { mode: 0o700 });
    },
  ],
  ['no JSON', (cache) => writeFileSync(cache, '{"kicker"')],
  ['nothing', (cache) => writeFileSync(cache, '')],
  ['null', (cache) => writeFileSync(cache, 'null')],
  ['gone', (cache) => renameSync(cache, `${cache}.old`)],
];
for (const [why, spoil] of disbelieved) {
  void t.test(`not believed: ${why}`, async (t) => {
    const { cache } = createKept(t);
    spoil(cache);
    t.equal(readConfigCache(cache, source), undefined);
  });
}

for (const other of [
  { ...source, madeBy: '2' },
  { ...source, file: '/etc/other.yaml' },
  { ...source, text: 'port: 9139 ' },
]) {
  void t.test(`made of something else: ${JSON.stringify(other)}`, async (t) => {
    const { cache } = createKept(t);
    t.equal(readConfigCache(cache, other), undefined);
  });
}

const isRoot = process.geteuid?.() === 0;
void t.test(
  'of another owner',
  { skip: isRoot ? false : 'only root can give a file away' },
  async (t) => {
    for (const part of ['', '..', '../..']) {
      const { cache } = createKept(t);
      chownSync(join(cache, part), 65534, 65534);
      t.equal(readConfigCache(cache, source), undefined);
    }
  },
);

// Each row: why it cannot be kept, and what was done to the home.
const unwritable: [string, (home: string) => void][] = [
  ['no home', (home) => renameSync(home, `${home}.old`)],
  [
    'a file as home',
    (home) => (renameSync(home, `${home}.old`), writeFileSync(home, '')),
  ],
  ['a home that anybody can write', (home) => chmodSync(home, 0o777)],
  [
    'a cache folder that anybody can write',
    (home) => {
      mkdirSync(join(home, '.cache'));
      chmodSync(join(home, '.cache'), 0o777);
    },
  ],
  [
    'a folder of ours that the group can write',
    (home) => {
      mkdirSync(join(home, '.cache', 'kicker'), { recursive: true });
      chmodSync(join(home, '.cache', 'kicker'), 0o770);
    },
  ],
  [
    'a folder in the place of the file',
    (home) =>
      mkdirSync(join(home, '.cache', 'kicker', 'config.json', 'x'), {
        recursive: true,
        mode: 0o700,
      }),
  ],
];
for (const [why, spoil] of unwritable) {
  void t.test(`not kept, and no error: ${why}`, async (t) => {
    const { home, cache } = createHome(t);
    spoil(home);
    writeConfigCache(cache, source, config);
    t.equal(readConfigCache(cache, source), undefined);
    const folder = join(home, '.cache', 'kicker');
    const left = existsSync(folder) ? readdirSync(folder) : [];
    t.strictSame(
      left.filter((name) => name !== 'config.json'),
      [],
    );
  });
}

void t.test('where it is', async (t) => {
  t.equal(
    locateConfigCache({ XDG_CACHE_HOME: '/var/cache/x' }, 'config'),
    '/var/cache/x/kicker/config.json',
  );
  const usual = locateConfigCache({}, 'config');
  t.ok(usual.endsWith('/.cache/kicker/config.json'));
  t.equal(
    locateConfigCache({ XDG_CACHE_HOME: 'relative' }, 'config'),
    usual,
    'config',
  );
  t.equal(locateConfigCache({ XDG_CACHE_HOME: '' }, 'config'), usual, 'config');
});

void t.test('what is kept holds no more than the configuration', async (t) => {
  const { cache } = createKept(t);
  t.strictSame(Object.keys(JSON.parse(readFileSync(cache, 'utf8'))), [
    'kicker',
    'file',
    'sha256',
    'config',
  ]);
});
