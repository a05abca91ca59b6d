import { join } from 'node:path';
import t from 'tap';
import { isAlive } from '../../src/io/process-identity.ts';
import { createParties } from '../fake-kickd.ts';
import { keyOf, kicksOf, startHost, until } from '../monitor-host.ts';
import { createOneShotHost, freePort } from '../one-shot.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);

void t.test(
  'the host is down at first: sent again, under one id',
  async (t) => {
    const port = await freePort();
    const monitor = createOneShotHost(t, root, { kicker, port });
    const ended = await monitor.fire();
    t.equal(ended.code, 4);
    t.equal(ended.stdout, '');
    t.match(
      ended.stderr,
      /^kicker: Web1 \/ HTTP: CONNECT_REFUSED: .* is sent again until .*\n$/,
    );
    const kickd = await startHost(t, host, port);
    kickd.behave('accept', 'ended');
    await monitor.nextCommand();
    const [open] = [...kicksOf(kickd)];
    t.match(ended.stderr, open ?? '?');
    t.equal(
      monitor.ledger
        .entriesOf({ kick: open ?? '' })
        .filter(({ entry }) => entry.kind === 'outcome').length,
      1,
    );
  },
);

void t.test(
  'it never gets through: given up, once, without a recheck',
  async (t) => {
    const monitor = createOneShotHost(t, root, {
      kicker,
      port: await freePort(),
      more: {
        retry: { forSeconds: 1 },
      },
    });
    t.equal((await monitor.fire()).code, 4);
    await until(() => monitor.ledger.listOpen(1).length === 0);
    const problem = keyOf();
    const kinds = monitor.ledger
      .entriesOf({ problem })
      .map(({ entry }) => entry);
    t.match(kinds.at(-1), {
      kind: 'outcome',
      body: { kind: 'gave-up', code: 'CONNECT_REFUSED' },
    });
  },
);

void t.test(
  'kill -9 of the follower: the next call takes the kick over',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('accept', 'accept', 'hold');
    const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
    await monitor.fire();
    await kickd.waitFor('GET', 1);
    const [open] = monitor.ledger.listOpen(1);
    const owner = open?.owner ?? '';
    process.kill(Number(owner.split('/')[1]), 'SIGKILL');
    await until(() => !isAlive(owner));
    kickd.behave('accept', 'ended');
    t.match(await monitor.fire({ 'state-type': 'HARD', attempt: '4' }), {
      code: 0,
      stdout: /kick accepted, .*taken over/,
    });
    await monitor.nextCommand();
    t.strictSame([...kicksOf(kickd)], [open?.kick]);
  },
);

void t.test(
  'kill -9 of the handler while it sends: any next event adopts',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('hang');
    const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
    const { child, ended } = monitor.start();
    await kickd.waitFor('POST', 1);
    // As Nagios does: the whole process group.
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
    const [open] = monitor.ledger.listOpen(1);
    t.ok(open, 'it is written before it is sent');
    kickd.behave('accept', 'ended');
    t.match(
      await monitor.fire({ service: 'SSH', state: 'OK', 'problem-id': '0' }),
      { code: 0, stdout: /skip, not-a-problem/ },
    );
    await monitor.nextCommand();
    t.strictSame([...kicksOf(kickd)], [open?.kick]);
  },
);

void t.test(
  'the handler is killed with its group: the follower lives',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('accept', 'accept', 'hold');
    const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
    const { child, ended } = monitor.start();
    await kickd.waitFor('GET', 1);
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch (error) {
      t.match(error, { code: 'ESRCH' }, 'the group is gone already');
    }
    await ended;
    kickd.release('ended');
    t.match(await monitor.nextCommand(), /SCHEDULE_FORCED_SVC_CHECK/);
  },
);

void t.test('Nagios is down when the run ends: told later', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'ended');
  const monitor = createOneShotHost(t, root, {
    kicker,
    port: kickd.port,
    more: {
      nagios: { commandFile: join(root, 'none.cmd') },
    },
  });
  await monitor.fire();
  const problem = keyOf();
  const last = () => monitor.ledger.entriesOf({ problem }).at(-1)?.entry;
  await until(() => last()?.kind === 'outcome');
  await until(() => monitor.ledger.countErrands() === 2);
});
