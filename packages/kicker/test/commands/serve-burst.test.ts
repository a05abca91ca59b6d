import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { createParties } from '../fake-kickd.ts';
import {
  argumentsOf,
  createMonitorHost,
  handler,
  keyOf,
  kindsOf,
  startHost,
  until,
} from '../monitor-host.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);
const hosts = 500;
const callsEach = 4;

/** So many at once, as Nagios's workers do. */
const workers = 4;

void t.test('2,000 calls of the event handler in a burst', async (t) => {
  const kickd = await startHost(t, host);
  const monitor = createMonitorHost(t, root, {
    kicker,
    port: kickd.port,
    guards: { share: { percent: 30, hosts: 2, hostsOfUnknown: 1000 } },
  });
  const serving = await monitor.serve();
  const call = `
    first=$1 handler=$2; shift 2
    host=$first
    while [ $host -lt ${String(hosts)} ]; do
      for attempt in 1 2 1 2; do
        "$handler" "$@" --host=web$host --attempt=$attempt || echo "web$host: $?"
      done
      host=$((host + ${String(workers)}))
    done`;
  const rest = argumentsOf().filter((arg) => !/^--(host|attempt)=/.test(arg));
  const said = await Promise.all(
    Array.from({ length: workers }, async (_, first) => {
      const { all } = await execa(
        '/bin/sh',
        ['-c', call, 'sh', String(first), handler, ...rest],
        {
          env: {
            PATH: '/usr/bin:/bin',
            KICKER: '/bin/false',
            KICKER_SPOOL: monitor.spool,
          },
          extendEnv: false,
          all: true,
          stripFinalNewline: false,
          reject: false,
        },
      );
      return all;
    }),
  );
  t.strictSame(said, Array(workers).fill(''), 'each call was taken');
  const isSpoolEmpty = () =>
    readdirSync(join(monitor.spool, 'new')).length === 0;
  await until(isSpoolEmpty);
  const wrong = Array.from(
    { length: hosts },
    (_, n) => `web${String(n)}`,
  ).filter((name) => {
    const kinds = kindsOf(monitor, keyOf(name));
    return kinds.join() !== Array(callsEach).fill('event,decision').join();
  });
  t.strictSame(wrong, [], 'each has its events, and one decision each');
  t.equal(kickd.seen.length, 0);
  t.equal(await serving.kill(), 0);
});
