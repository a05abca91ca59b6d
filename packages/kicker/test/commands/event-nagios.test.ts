import t from 'tap';
import { createParties, hostName } from '../fake-kickd.ts';
import { keyOf, kicksOf, startHost, until } from '../monitor-host.ts';
import { createOneShotHost } from '../one-shot.ts';
import { runKicker } from '../run-kicker.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);

void t.test('from SOFT 3 to the recheck', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'ended');
  const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
  const ended = await monitor.fire();
  t.match(ended, {
    code: 0,
    stdout:
      /^kicker: Web1 \/ HTTP: kick accepted, run .*SOFT, attempt 3 of 4.*\n$/,
    stderr: '',
  });
  t.match(
    await monitor.nextCommand(),
    /^\[\d+\] SCHEDULE_FORCED_SVC_CHECK;Web1;HTTP;\d+$/,
  );
  const [post] = kickd.seen;
  t.match(post?.kick, {
    certname: hostName,
    because: {
      monitor: 'nagios',
      host: 'Web1',
      service: 'HTTP',
      state: 'CRITICAL SOFT',
      problem: '17',
      since: '2026-03-01T00:00:00.000Z',
    },
  });
  const kick = post?.kick?.kick ?? '';
  await until(() => monitor.ledger.entriesOf({ kick }).length === 7);
  t.match(
    await monitor.nextCommand(),
    /^\[\d+\] ADD_SVC_COMMENT;Web1;HTTP;0;kicker;kicker: corrected Service\[apache2\] .*run /,
  );
  const entries = monitor.ledger.entriesOf({ kick });
  t.strictSame(
    entries.map(({ entry }) => entry.kind),
    ['event', 'decision', 'kick', 'reply', 'outcome', 'errand', 'errand'],
  );
  t.match(entries[4]?.entry, {
    body: { kind: 'ended', outcome: { kind: 'corrected' } },
  });
  t.match(monitor.ledger.listOpen(10), [{ progress: { stage: 'verify' } }]);
  t.match(await monitor.fire({ state: 'OK', attempt: '4' }), { code: 0 });
  t.match(monitor.ledger.entriesOf({ kick }).at(-1)?.entry, {
    kind: 'verdict',
    body: { verdict: 'healed' },
  });
  t.strictSame(monitor.ledger.listOpen(10), []);
});

void t.test('no reply to the first: the same kick again', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('reset', 'accept', 'ended');
  const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
  t.match(await monitor.fire(), { code: 0, stdout: /kick accepted/ });
  await monitor.nextCommand();
  t.equal(kicksOf(kickd).size, 1);
});

void t.test('refused for good: one line, and nobody asks again', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave({
    status: 403,
    code: 'ACL_DENIED',
    title: 'you may not',
    remedy: 'kickd acl explain',
  });
  const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
  t.match(await monitor.fire(), {
    code: 3,
    stdout: '',
    stderr:
      /^kicker: .*refused: ACL_DENIED: you may not; remedy: kickd acl explain\n$/,
  });
  t.strictSame(monitor.ledger.listOpen(1), []);
  t.equal(kickd.seen.length, 1);
});

void t.test('skipped: written down, and nothing sent', async (t) => {
  const kickd = await startHost(t, host);
  const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
  const rows: [Record<string, string>, RegExp][] = [
    [{ state: 'OK' }, /skip, not-a-problem/],
    [{ attempt: '1' }, /skip, attempt-not-reached/],
    [{ 'host-downtime': '1' }, /skip, in-downtime/],
    [{ 'host-state': 'DOWN' }, /skip, host-down/],
    [{ 'ack-author': 'ada' }, /skip, acknowledged/],
    [{ at: '1000000000' }, /skip, stale/],
  ];
  for (const [part, line] of rows) {
    t.match(await monitor.fire(part), { code: 0, stdout: line, stderr: '' });
  }
  t.equal(kickd.seen.length, 0);
  const problem = keyOf();
  t.equal(monitor.ledger.entriesOf({ problem }).length, 2 * rows.length);
});

void t.test('the positional order of old handler scripts', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'ended');
  const monitor = createOneShotHost(t, root, {
    kicker,
    port: kickd.port,
  });
  t.match(
    await runKicker(
      ['event', 'nagios', 'CRITICAL', 'HARD', '4', '127.0.0.1', 'Web1', 'HTTP'],
      { KICKER_CONFIG: monitor.config },
    ),
    { code: 0, stdout: /kick accepted/ },
  );
  await monitor.nextCommand();
});

void t.test('mistakes: exit 2, one line, nothing sent', async (t) => {
  const kickd = await startHost(t, host);
  const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
  const locked = createOneShotHost(t, root, {
    kicker,
    port: kickd.port,
    more: {
      ledger: '/proc/none/l.sqlite',
    },
  });
  const broken = createOneShotHost(t, root, {
    kicker,
    port: kickd.port,
    more: { prt: 1 },
  });
  const rows: [Awaited<ReturnType<typeof monitor.fire>>, RegExp][] = [
    [await monitor.fire({ state: '$SERVICESTATE$' }), /MACRO_NOT_EXPANDED/],
    [await monitor.fire({ attempt: 'x' }), /MACRO_BAD/],
    [await monitor.fire({ host: '*' }), /HOST_WILDCARD/],
    [await locked.fire(), /LEDGER_UNWRITABLE/],
    [await broken.fire(), /CONFIG_UNKNOWN_KEY.*did you mean port/],
    [await runKicker(['event', 'nagios', '--hots=x']), /did you mean --host\?/],
  ];
  for (const [ended, pattern] of rows) {
    t.equal(ended.code, 2);
    t.equal(ended.stdout, '');
    t.match(ended.stderr, pattern);
    t.match(ended.stderr, /^[^\n]+\n$/, 'one line');
  }
  t.equal(kickd.seen.length, 0);
});
