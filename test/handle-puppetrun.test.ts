import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { identityOf } from '../packages/kicker/src/io/process-identity.ts';
import { createServingFile } from '../packages/kicker/src/io/serving-file.ts';
import { openSpool } from '../packages/kicker/src/io/spool.ts';

const handler = fileURLToPath(
  new URL('../deploy/nagios/handle_puppetrun', import.meta.url),
);
const own = identityOf(process.pid) ?? '';
const uid = process.getuid?.() ?? 0;

/** What a monitor may hand over, and what a shell would make something of. */
const odd = [
  '--host=Web 1',
  '--service=',
  '',
  'a\nb\n',
  `"double" 'single' \\ $HOME $(touch /tmp/x) \`id\``,
  '; rm -rf / & | > < * ? [a] ~ !',
  '--',
  '.',
  '%s%d\\0\\n',
  'ü€😀',
];

function createPlace(t: Test) {
  const dir = t.testdir();
  const said = join(dir, 'said');
  const kicker = join(dir, 'kicker');
  writeFileSync(
    kicker,
    `#!/bin/sh\nprintf '%s\\0' "$@" >'${said}'\necho told\nexit 4\n`,
  );
  chmodSync(kicker, 0o755);
  const spoolDirectory = join(dir, 'spool');
  return {
    dir,
    spoolDirectory,
    /** the arguments of the one-shot kicker; undefined: it was not started */
    said: () =>
      existsSync(said)
        ? readFileSync(said, 'utf8').split('\0').slice(0, -1)
        : undefined,
    call: (shell: readonly string[], args: readonly string[], env = {}) => {
      rmSync(said, { force: true });
      const [file = '', ...rest] = shell;
      return spawnSync(file, [...rest, handler, ...args], {
        encoding: 'utf8',
        cwd: '/tmp',
        env: {
          PATH: '/usr/bin:/bin',
          KICKER: kicker,
          KICKER_CONFIG: '/etc/k.yaml',
          KICKER_SPOOL: spoolDirectory,
          ...env,
        },
      });
    },
  };
}

const shells = [
  { name: 'sh', argv: ['/bin/sh'] },
  { name: 'dash', argv: ['/usr/bin/dash'] },
  { name: 'busybox sh', argv: ['/bin/busybox', 'sh'] },
];

for (const { name, argv } of shells) {
  const isThere = existsSync(argv[0] ?? '');
  t.test(
    name,
    isThere ? {} : { skip: `no ${name}: apt-get install dash busybox-static` },
    (t) => {
      const place = createPlace(t);
      const oneShot = ['event', 'nagios', '--config', '/etc/k.yaml'];

      t.match(place.call(argv, odd), { status: 4, stdout: 'told\n' });
      t.strictSame(place.said(), [...oneShot, ...odd], 'no spool: one-shot');

      const spool = openSpool(place.spoolDirectory, uid);
      t.match(place.call(argv, odd), { status: 4, stdout: 'told\n' });
      const [first] = spool.scan(Date.now()).events;
      t.strictSame(first?.args, odd);
      t.strictSame(
        place.said(),
        [
          ...oneShot,
          `--spooled=${place.spoolDirectory}/new/${first?.name}`,
          ...odd,
        ],
        'nobody serves: one-shot, and it knows the file',
      );
      spool.remove(first?.name ?? '');

      const serving = join(place.spoolDirectory, 'serving');
      const [, pid = '', start = ''] = own.split('/');
      for (const text of [
        '',
        'x',
        `${pid} ${Number(start) + 1}\n`,
        `999999999 ${start}\n`,
        `${pid}\n`,
      ]) {
        writeFileSync(serving, text);
        t.equal(place.call(argv, ['x']).status, 4, JSON.stringify(text));
      }
      for (const { name } of spool.scan(Date.now()).events) spool.remove(name);
      rmSync(serving);

      const file = createServingFile(place.spoolDirectory, own);
      file.assert();
      t.match(place.call(argv, odd), { status: 0, stdout: '', stderr: '' });
      t.equal(place.said(), undefined, 'served: no kicker is started');
      t.match(spool.scan(Date.now()), {
        events: [{ args: odd }],
        rejected: [],
      });

      file.withdraw();
      t.equal(place.call(argv, ['x']).status, 4, 'no longer served');
      t.end();
    },
  );
}

t.test('what cannot be written goes to kicker at once', (t) => {
  const place = createPlace(t);
  const spool = openSpool(place.spoolDirectory, uid);
  createServingFile(place.spoolDirectory, own).assert();
  {
    const name = 'sync';
    const bin = join(place.dir, `no-${name}`);
    mkdirSync(bin);
    writeFileSync(join(bin, name), '#!/bin/sh\nexit 1\n');
    chmodSync(join(bin, name), 0o755);
    const called = place.call(['/bin/sh'], ['x'], {
      PATH: `${bin}:/usr/bin:/bin`,
    });
    t.match(called, { status: 4, stdout: 'told\n', stderr: '' }, name);
    t.equal(place.said()?.at(-1), 'x');
    t.strictSame(readdirSync(join(place.spoolDirectory, 'new')), []);
  }
  rmSync(join(place.spoolDirectory, 'new'), { recursive: true });
  t.equal(place.call(['/bin/sh'], ['x']).status, 4, 'no new/');
  t.end();
});

t.test('whoever serves is faster than sync: it is taken all the same', (t) => {
  const place = createPlace(t);
  openSpool(place.spoolDirectory, uid);
  createServingFile(place.spoolDirectory, own).assert();
  const bin = join(place.dir, 'faster');
  mkdirSync(bin);
  writeFileSync(join(bin, 'sync'), '#!/bin/sh\nrm "$1"\nexit 1\n');
  chmodSync(join(bin, 'sync'), 0o755);
  const called = place.call(['/bin/sh'], ['x'], {
    PATH: `${bin}:/usr/bin:/bin`,
  });
  t.match(called, { status: 0, stdout: '', stderr: '' });
  t.equal(place.said(), undefined, 'no second kicker for the same event');
  t.end();
});

t.test('who serves', (t) => {
  const directory = t.testdir();
  const other = identityOf(process.ppid) ?? '';
  const mine = createServingFile(directory, own);
  const theirs = createServingFile(directory, other);
  const said = () => readFileSync(join(directory, 'serving'), 'utf8');
  theirs.assert();
  const first = said();
  t.match(first, /^\d+ \d+\n$/);
  mine.assert();
  t.equal(said(), first, 'another one serves already');
  mine.withdraw();
  t.equal(said(), first, 'only what is our own');
  theirs.withdraw();
  t.notOk(existsSync(join(directory, 'serving')));
  mine.assert();
  t.match(said(), new RegExp(`^${String(process.pid)} `));
  writeFileSync(join(directory, 'serving'), '999999999 1\n');
  mine.assert();
  t.match(
    said(),
    new RegExp(`^${String(process.pid)} `),
    'its process is gone',
  );
  t.strictSame(readdirSync(directory), ['serving']);
  t.end();
});
