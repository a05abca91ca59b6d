import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Event } from '../../../src/events/event.ts';
import { monitorDefaults } from '../../../src/monitors/defaults.ts';
import { createZabbix } from '../../../src/monitors/zabbix/adapter.ts';
import type { Feedback } from '../../../src/outbox/action.ts';
import { brokenService, type MonitorStage } from '../conformance.ts';
import { problemNow, startFakeZabbix, trigger } from './fake-zabbix.ts';

/** What `event.acknowledge` does, by the sum of its bits. */
const feedbackOf: Record<string, Feedback['kind']> = {
  '4': 'comment',
  '6': 'acknowledge',
  '16': 'unacknowledge',
};
const tags = [
  { tag: 'service', value: 'HTTP' },
  { tag: 'kickd', value: 'yes' },
];

/** A Zabbix behind its API, followed as `kicker serve` does. */
export async function createZabbixStage(
  t: Test,
  name: string,
): Promise<MonitorStage> {
  const dir = t.testdir();
  const tokenFile = join(dir, 'token');
  const recheckTokenFile = join(dir, 'recheck');
  writeFileSync(tokenFile, 'of-kicker', { mode: 0o600 });
  writeFileSync(recheckTokenFile, 'of-recheck', { mode: 0o600 });
  const fake = await startFakeZabbix();
  fake.triggers = [
    { ...trigger, hosts: [{ host: 'web1', maintenance_status: '0' }] },
  ];
  let nowMs = Date.now();
  const monitor = createZabbix(
    name,
    {
      ...monitorDefaults.zabbix,
      api: { url: fake.url, tokenFile },
      recheckTokenFile,
    },
    {
      // Two answers are never of one instant.
      now: () => new Date((nowMs += 1)),
      knowsHost: () => false,
      onTrouble: () => {},
      pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
    },
  );
  const { since: _since, hostState: _state, ...service } = brokenService(name);
  const broken: Event = {
    ...service,
    attempt: 1,
    maxAttempts: 1,
    problem: '55',
    labels: { service: 'HTTP', kickd: 'yes' },
  };
  const show = (event: Event): object[] =>
    event.state === 'OK'
      ? []
      : [
          problemNow({
            eventid: event.problem,
            tags,
            suppressed: event.inDowntime ? '1' : '0',
            ...(event.acknowledgedBy === undefined
              ? {}
              : {
                  acknowledged: '1',
                  acknowledges: [
                    {
                      username: event.acknowledgedBy,
                      message:
                        event.acknowledgedBy === 'kicker'
                          ? 'kicker: healing, run 1'
                          : 'I look',
                      action: '6',
                    },
                  ],
                }),
          }),
        ];
  const end = new AbortController();
  let running: Promise<void> | undefined;
  return {
    monitor,
    broken,
    another: { ...broken, problem: '56' },
    messageOf: (event) => [
      '--payload-json',
      JSON.stringify({
        source: '0',
        object: '0',
        update: '0',
        value: event.state === 'OK' ? '0' : '1',
        event: event.problem,
        host: event.host,
        severity: '4',
        name: 'http is down',
        tags: JSON.stringify(tags),
      }),
    ],
    door: {
      setStatus: async (event) => {
        if (event === undefined) {
          // Nobody asks it any more: what it said is too old.
          end.abort();
          await running;
          nowMs += 10 * 60 * 1000;
          return;
        }
        fake.problems = show(event);
        running ??= monitor.run({ put: () => {} }, end.signal);
        await fake.polls();
      },
      setUp: (isUp) => fake.setUp(isUp),
      told: () =>
        fake.asked.flatMap(({ method, params }) => {
          const place = { host: 'web1', service: 'HTTP' };
          if (method === 'task.create') return [{ feedback: 'recheck', place }];
          if (method !== 'event.acknowledge') return [];
          const { action } = params as { action: number };
          const feedback = feedbackOf[String(action)];
          if (feedback === undefined) throw new Error(`unknown: ${action}`);
          return [{ feedback, place }];
        }),
      silentAboutUnknown: new Set(['recheck']),
    },
    close: async () => {
      end.abort();
      await running;
      await fake.close();
    },
  };
}
