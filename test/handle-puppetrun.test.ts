import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import t, { type Test } from 'tap';
import { identityOf } from '../packages/kicker/src/io/process-identity.ts';
import {
  createHeartbeatFile,
  readHeartbeat,
} from '../packages/kicker/src/io/heartbeat-file.ts';
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
    /** the arguments of the kicker that was started; undefined: none was */
    said: () =>
      existsSync(said)
        ? readFileSync(said, 'utf8').split('\0').slice(0, -1)
        : undefined,
    call: (shell: readonly string[], args: readonly string[], env = {}) => {
      rmSync(said, { force: true });
      const [file = '', ...rest] = shell;
      return execaSync(file, [...rest, handler, ...args], {
        cwd: '/tmp',
        env: {
          PATH: '/usr/bin:/bin',
          KICKER: kicker,
          KICKER_CONFIG: '/etc/k.yaml',
          KICKER_SPOOL: spoolDirectory,
          ...env,
        },
        extendEnv: false,
        stripFinalNewline: false,
        reject: false,
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
      const serve = ['serve', '--until-idle', '--detach'];
      const started = [...serve, '--config', '/etc/k.yaml'];

      t.match(place.call(argv, odd), { exitCode: 4, stdout: 'told\n' });
      t.strictSame(
        place.said(),
        started,
        'no spool: kicker makes it, or fails',
      );

      const spool = openSpool(place.spoolDirectory, uid);
      t.match(place.call(argv, odd), { exitCode: 4, stdout: 'told\n' });
      t.match(spool.scan(Date.now()).events, [
        { monitor: 'nagios', args: odd },
      ]);
      t.strictSame(place.said(), started, 'nobody serves: it is started');
      place.call(argv, ['x'], { KICKER_MONITOR: 'dc2' });
      t.match(spool.scan(Date.now()).events.at(-1), { monitor: 'dc2' });
      for (const { name } of spool.scan(Date.now()).events) spool.remove(name);

      const serving = join(place.spoolDirectory, 'serving');
      const later = Date.now() / 1000 + 60;
      const [, pid = '', start = ''] = own.split('/');
      for (const text of [
        '',
        'x',
        `${pid} ${Number(start) + 1}\n`,
        `999999999 ${start}\n`,
        `${pid}\n`,
      ]) {
        writeFileSync(serving, text);
        utimesSync(serving, later, later);
        t.equal(place.call(argv, ['x']).exitCode, 4, JSON.stringify(text));
      }
      for (const { name } of spool.scan(Date.now()).events) spool.remove(name);
      rmSync(serving);

      const file = createHeartbeatFile(
        place.spoolDirectory,
        process.pid,
        Date.now,
      );
      file.beat();
      t.match(place.call(argv, odd), { exitCode: 0, stdout: '', stderr: '' });
      t.equal(place.said(), undefined, 'served: no kicker is started');
      t.match(spool.scan(Date.now()), {
        events: [{ args: odd }],
        rejected: [],
      });

      const past = Date.now() / 1000 - 1;
      utimesSync(serving, past, past);
      t.equal(place.call(argv, ['x']).exitCode, 4, 'whoever serves hangs');
      t.strictSame(place.said(), started);
      file.beat();
      file.withdraw();
      t.equal(place.call(argv, ['x']).exitCode, 4, 'no longer served');
      t.end();
    },
  );
}

t.test('what cannot be written: kicker says why, else the handler', (t) => {
  const place = createPlace(t);
  openSpool(place.spoolDirectory, uid);
  createHeartbeatFile(place.spoolDirectory, process.pid, Date.now).beat();
  const bin = join(place.dir, 'no-sync');
  mkdirSync(bin);
  writeFileSync(join(bin, 'sync'), '#!/bin/sh\nexit 1\n');
  chmodSync(join(bin, 'sync'), 0o755);
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  t.match(place.call(['/bin/sh'], ['x'], env), {
    exitCode: 4,
    stdout: 'told\n',
    stderr: '',
  });
  t.match(place.call(['/bin/sh'], ['x'], { ...env, KICKER: '/bin/true' }), {
    exitCode: 2,
    stdout: '',
    stderr: /^kicker: SPOOL_UNUSABLE: .*the event is lost \(fix: .*\)\n$/,
  });
  t.strictSame(readdirSync(join(place.spoolDirectory, 'new')), []);
  rmSync(join(place.spoolDirectory, 'new'), { recursive: true });
  t.equal(place.call(['/bin/sh'], ['x']).exitCode, 4, 'no new/');
  t.end();
});

t.test('whoever serves is faster than sync: it is taken all the same', (t) => {
  const place = createPlace(t);
  openSpool(place.spoolDirectory, uid);
  createHeartbeatFile(place.spoolDirectory, process.pid, Date.now).beat();
  const bin = join(place.dir, 'faster');
  mkdirSync(bin);
  writeFileSync(join(bin, 'sync'), '#!/bin/sh\nrm "$1"\nexit 1\n');
  chmodSync(join(bin, 'sync'), 0o755);
  const called = place.call(['/bin/sh'], ['x'], {
    PATH: `${bin}:/usr/bin:/bin`,
  });
  t.match(called, { exitCode: 0, stdout: '', stderr: '' });
  t.equal(place.said(), undefined, 'no second kicker for the same event');
  t.end();
});

t.test('who serves, and until when it says so', (t) => {
  const directory = t.testdir();
  let nowMs = Date.now();
  const mine = createHeartbeatFile(directory, process.pid, () => nowMs);
  const theirs = createHeartbeatFile(directory, process.ppid, () => nowMs);
  const said = () => readFileSync(join(directory, 'serving'), 'utf8');
  t.equal(readHeartbeat(directory, nowMs), undefined);
  theirs.beat();
  t.match(said(), /^\d+ \d+\n$/);
  t.equal(readHeartbeat(directory, nowMs)?.pid, process.ppid);
  mine.withdraw();
  t.match(said(), new RegExp(`^${String(process.ppid)} `), 'only its own');
  mine.beat();
  t.match(said(), new RegExp(`^${String(process.pid)} `));
  nowMs += 14_000;
  t.match(readHeartbeat(directory, nowMs), { isHanging: false });
  nowMs += 1000;
  t.match(readHeartbeat(directory, nowMs), {
    pid: process.pid,
    isHanging: true,
  });
  mine.beat();
  t.match(readHeartbeat(directory, nowMs), { isHanging: false });
  nowMs -= 3_600_000;
  t.match(readHeartbeat(directory, nowMs), { isHanging: false }, 'set back');
  t.strictSame(readdirSync(directory), ['serving']);
  mine.withdraw();
  t.notOk(existsSync(join(directory, 'serving')));
  t.end();
});
