import { writeFileSync } from 'node:fs';
import t from 'tap';
import { createParties } from '../fake-kickd.ts';
import {
  createMonitorHost,
  keyOf,
  kicksOf,
  quickRule,
  startHost,
  until,
} from '../monitor-host.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);
const observe = JSON.stringify({
  rules: [{ ...quickRule, name: 'new', mode: 'observe' }],
});

void t.test('SIGHUP: new rules count from the next event on', async (t) => {
  const kickd = await startHost(t, host);
  const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
  const serving = await monitor.serve();
  writeFileSync(monitor.rules, observe);
  process.kill(serving.pid, 'SIGHUP');
  await until(() => serving.log().some(({ event }) => event === 'reloaded'));
  monitor.event();
  await until(() => serving.log().some(({ event }) => event === 'decided'));
  t.match(
    serving.log().find(({ event }) => event === 'decided'),
    { decision: 'skip', code: 'observed' },
  );
  t.equal(kickd.seen.length, 0);
  t.equal(await serving.kill(), 0);
});

const bad: [
  string,
  (files: { rules: string; config: string }) => void,
  object,
][] = [
  [
    'rules that say nonsense',
    ({ rules }) =>
      writeFileSync(
        rules,
        'rules: [{ name: new, match: { host: "*" }, mode: never }]',
      ),
    {
      code: 'CONFIG_INVALID',
      message: /mode is "never"/,
      remedy: /kicker check/,
    },
  ],
  [
    // A file that lost its content must not widen what is kicked.
    'rules that are empty',
    ({ rules }) => writeFileSync(rules, ''),
    { code: 'CONFIG_INVALID', remedy: /kicker check/ },
  ],
  [
    'a configuration with a typing error',
    ({ config }) => writeFileSync(config, 'portt: 8139\n'),
    { code: 'CONFIG_UNKNOWN_KEY', message: /portt/, remedy: /port/ },
  ],
];

for (const [name, spoil, wanted] of bad) {
  void t.test(`SIGHUP with ${name}: refused, and the old hold`, async (t) => {
    const kickd = await startHost(t, host);
    const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
    const serving = await monitor.serve();
    spoil(monitor);
    process.kill(serving.pid, 'SIGHUP');
    const refusals = () =>
      serving.log().filter(({ event }) => event === 'reload-refused');
    await until(() => refusals().length > 0);
    t.match(refusals()[0], wanted);
    monitor.event();
    await kickd.waitFor('POST', 1);
    t.equal(kicksOf(kickd).size, 1, 'by the rules of before');
    t.equal(
      monitor.ledger.entriesOf({ problem: keyOf() })[0]?.entry.kind,
      'event',
    );
    t.equal(await serving.kill(), 0);
  });
}
