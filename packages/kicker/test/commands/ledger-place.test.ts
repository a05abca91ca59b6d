import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import t from 'tap';
import { createParties } from '../fake-kickd.ts';
import {
  createMonitorHost,
  kicksOf,
  startHost,
  until,
} from '../monitor-host.ts';
import { runKicker } from '../run-kicker.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);

void t.test(
  'no command that reads, stops or resumes makes a ledger',
  async (t) => {
    const dir = t.testdir();
    const file = join(dir, 'ledger.sqlite');
    const config = join(dir, 'k.yaml');
    writeFileSync(config, JSON.stringify({ ledger: file }));
    for (const words of [
      ['stop', 'maintenance'],
      ['resume'],
      ['history'],
      ['why', 'web1', 'HTTP'],
    ]) {
      t.match(await runKicker([...words, `--config=${config}`]), {
        code: 2,
        stdout: '',
        stderr: /^kicker: LEDGER_MISSING: there is no ledger .*\n {2}remedy: /,
      });
    }
    t.match(await runKicker(['check', `--config=${config}`]), {
      stdout: /-- ledger: there is no ledger/,
    });
    t.strictSame(readdirSync(dir), ['k.yaml']);
  },
);

void t.test('stop says which ledger it is, and who serves it', async (t) => {
  const kickd = await startHost(t, host);
  const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
  const config = `--config=${monitor.config}`;
  t.match(await runKicker(['stop', 'move', config]), {
    code: 0,
    stdout: /ledger: .*ledger\.sqlite; nobody serves it now/,
  });
  await runKicker(['resume', config]);
  const serving = await monitor.serve();
  t.match(await runKicker(['stop', 'move', config]), {
    code: 0,
    stdout: new RegExp(`served by .*/${String(serving.pid)}\n`),
  });
  monitor.event();
  await until(() =>
    serving
      .log()
      .some(({ event, code }) => event === 'decided' && code === 'stopped'),
  );
  t.equal(kicksOf(kickd).size, 0);
  t.equal(await serving.kill(), 0);
});

void t.test(
  'deleted or replaced under it: serve ends, and nothing is sent',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('accept', 'ended');
    for (const how of ['deleted', 'replaced'] as const) {
      const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
      const serving = await monitor.serve();
      const { file } = monitor.ledger;
      if (how === 'replaced') cpSync(file, `${file}.copy`);
      for (const end of ['', '-wal', '-shm'])
        rmSync(`${file}${end}`, { force: true });
      if (how === 'replaced') cpSync(`${file}.copy`, file);
      const { code, stderr } = await serving.ended;
      t.equal(code, 2, how);
      t.match(
        stderr,
        /^kicker: LEDGER_REPLACED: .*\n {2}remedy: .*restart kicker/,
      );
      t.notOk(existsSync(join(monitor.spool, 'serving')));
    }
    t.equal(kicksOf(kickd).size, 0);
  },
);

const isRoot = process.getuid?.() === 0;
void t.test(
  'as root: the first command locks the monitor out of nothing',
  isRoot ? {} : { skip: 'only root can: type: sudo npm test' },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'kicker-place-'));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    chmodSync(dir, 0o755);
    const state = join(dir, 'state');
    mkdirSync(state, { mode: 0o750 });
    const nobody = 65534;
    chownSync(state, nobody, nobody);
    const config = join(dir, 'k.yaml');
    writeFileSync(
      config,
      JSON.stringify({
        ledger: join(state, 'ledger.sqlite'),
        tls: kicker,
        hosts: { web1: { address: '127.0.0.1', port: 1 } },
      }),
    );
    // Not sent, but the ledger is made.
    t.match(await runKicker(['kick', 'web1', `--config=${config}`]), {
      code: 4,
    });
    for (const name of readdirSync(state)) {
      t.equal(statSync(join(state, name)).uid, nobody, name);
    }
    // Whoever cannot write it is told so, and stops nothing.
    const bin = fileURLToPath(new URL('../../bin/kicker', import.meta.url));
    const { exitCode, stderr } = execaSync(
      'setpriv',
      [
        '--reuid',
        '1',
        '--regid',
        '1',
        '--clear-groups',
        bin,
        'stop',
        'x',
        `--config=${config}`,
      ],
      {
        env: { PATH: '/usr/bin:/bin', HOME: dir },
        extendEnv: false,
        reject: false,
      },
    );
    if (/NODE_MISSING|Permission denied|EACCES.*main/.test(stderr)) {
      return t.comment('SKIPPED: another user cannot read this checkout');
    }
    t.equal(exitCode, 2);
    t.match(stderr, /LEDGER_(UNWRITABLE|MISSING)/);
  },
);
