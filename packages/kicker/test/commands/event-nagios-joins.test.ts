import t from 'tap';
import { createParties } from '../fake-kickd.ts';
import { kicksOf, startHost } from '../monitor-host.ts';
import { createOneShotHost } from '../one-shot.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);

void t.test('two calls for one problem: one kick', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'accept', 'hold');
  const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
  t.match(await monitor.fire(), { code: 0, stdout: /kick accepted/ });
  await kickd.waitFor('GET', 1);
  const second = await monitor.fire({
    'state-type': 'HARD',
    attempt: '4',
    since: '1772323206',
  });
  t.match(second, { code: 0, stdout: /skip, joined: kick [0-9a-f-]{36}/ });
  t.equal(kicksOf(kickd).size, 1);
  kickd.release('ended');
  await monitor.nextCommand();
  t.equal(kicksOf(kickd).size, 1);
});

void t.test('both calls at the very same time', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('hold');
  const monitor = createOneShotHost(t, root, { kicker, port: kickd.port });
  const both = [monitor.fire(), monitor.fire({ 'state-type': 'HARD' })];
  await kickd.waitFor('POST', 1);
  const first = await Promise.race(both);
  t.match(first, { code: 0, stdout: /skip, joined/ }, 'one joins at once');
  kickd.release('ended');
  const codes = await Promise.all(both);
  t.strictSame(
    codes.map(({ code }) => code),
    [0, 0],
  );
  await monitor.nextCommand();
  t.equal(kicksOf(kickd).size, 1);
});
