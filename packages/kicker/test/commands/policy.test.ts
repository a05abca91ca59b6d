import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Status } from '@kickd/protocol';
import { learnPolicyOf } from '../../src/commands/policy.ts';
import { defaultConfig } from '../../src/config/config.ts';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { AgentReply } from '../../src/ports.ts';

const at = new Date('2026-03-01T00:00:00Z');
const event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  inDowntime: false,
} as const;
const config = {
  ...defaultConfig(),
  hosts: { web1: { certname: 'web1.example.com' } },
};

/** A kicker that has stopped for web1 / HTTP, and a host that answers as told. */
function createStopped(t: Test) {
  const clock = {
    now: () => at,
    monotonicMs: () => 0,
    moment: () => ({ wallMs: at.getTime(), boot: 'boot', monotonicMs: 0 }),
  };
  const ledger = openLedger(join(t.testdir(), 'ledger.sqlite'), clock);
  t.teardown(() => ledger.close());
  let reply: AgentReply<Status>;
  const asked: string[] = [];
  const failuresTold: number[] = [];
  const world = {
    client: {
      getStatus: ({ certname }: { certname: string }) => {
        asked.push(certname);
        return Promise.resolve(reply);
      },
    },
    ledger,
    clock,
    limiter: <Result>(work: () => Promise<Result>, failures: number) => {
      failuresTold.push(failures);
      return work();
    },
  };
  return {
    asked,
    failuresTold,
    answer: (next: AgentReply<Status>) => (reply = next),
    look: (code = 'futile', host = 'web1') =>
      learnPolicyOf(
        {
          problem: 'p',
          subject: 's',
          event: { ...event, host },
          code,
          since: clock.moment(),
          afterMs: 0,
        },
        world,
        { config, rules: defaultRuleSet },
        new AbortController().signal,
      ),
    policy: () => ledger.read('host', 'web1.example.com')?.policy,
    entries: () =>
      ledger
        .history({ kinds: ['policy'] }, Number.MAX_SAFE_INTEGER, 10)
        .map(({ entry }) => entry.body),
  };
}

const statusWith = (configVersion?: string): AgentReply<Status> => ({
  kind: 'accepted',
  status: 200,
  // Only the policy of it is looked at.
  body: {
    cm:
      configVersion === undefined
        ? {}
        : { policy: { configVersion, endedAt: at.toISOString() } },
  } as Status,
});

void t.test('another policy is learned and written down, once', async (t) => {
  const kicker = createStopped(t);
  kicker.answer(statusWith('v1'));
  await kicker.look();
  await kicker.look();
  kicker.answer(statusWith('v2'));
  await kicker.look();
  t.equal(kicker.policy(), 'v2');
  t.strictSame(kicker.entries(), [
    { certname: 'web1.example.com', configVersion: 'v2' },
    { certname: 'web1.example.com', configVersion: 'v1' },
  ]);
  t.strictSame(kicker.failuresTold, [1, 1, 1], 'it holds up no kick');
});

void t.test(
  'nobody is asked where the policy would change nothing',
  async (t) => {
    const kicker = createStopped(t);
    for (const code of [
      'in-downtime',
      'storm-waiting',
      'cool-down',
      'stopped',
    ]) {
      await kicker.look(code);
    }
    await kicker.look('futile', '*');
    t.strictSame(kicker.asked, []);
  },
);

const silent: [string, AgentReply<Status>][] = [
  ['tells no version', statusWith()],
  [
    'does not answer',
    {
      kind: 'not-sent',
      fault: { code: 'X', message: 'x', remedy: 'x', exitCode: 4 },
    },
  ],
  [
    'refuses to tell',
    {
      kind: 'problem',
      status: 403,
      code: 'ACL_DENIED',
      title: 'no',
      remedy: 'x',
    },
  ],
];
for (const [name, reply] of silent) {
  void t.test(`a host that ${name} changes nothing`, async (t) => {
    const kicker = createStopped(t);
    kicker.answer(statusWith('v1'));
    await kicker.look();
    kicker.answer(reply);
    await kicker.look();
    t.equal(kicker.policy(), 'v1');
    t.equal(kicker.entries().length, 1);
  });
}
