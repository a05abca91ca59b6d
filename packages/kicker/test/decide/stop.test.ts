import t from 'tap';
import { judgeMonitor, judgeStop } from '../../src/decide/stop.ts';
import { memoryOf, situationOf } from './situation-of.ts';

void t.test('stopped by a person', async (t) => {
  t.equal(judgeStop(situationOf({})), undefined);
  const stopped = { by: 'ada', at: '2026-03-01T11:00:00Z', reason: 'release' };
  t.strictSame(judgeStop(situationOf({ fleet: { stopped } })), {
    kind: 'wait',
    code: 'stopped',
    reason: 'ada stopped kicker at 2026-03-01T11:00:00Z: release',
    againAfterMs: 60_000,
  });
});

const trouble = (reason: string) => ({
  kind: 'wait',
  code: 'monitor-trouble',
  reason: `the monitor is not to be believed now: ${reason}`,
  againAfterMs: 60_000,
});
const told = (reason: string) => ({
  ...trouble(reason),
  escalate: {
    about: 'monitor',
    reason: `nothing is kicked, since the monitor is not to be believed: ${reason}`,
  },
});

void t.test('a monitor that says itself that it does not see', async (t) => {
  t.equal(judgeMonitor(situationOf({})), undefined);
  const facts = { monitorTrouble: 'its data are old' };
  t.strictSame(judgeMonitor(situationOf({ facts })), told('its data are old'));
  t.strictSame(
    judgeMonitor(situationOf({ facts, fleet: { isTrouble: true } })),
    trouble('its data are old'),
    'somebody was told',
  );
});

void t.test('canaries', async (t) => {
  const problem = { sinceMs: 0, ids: {}, kicks: 0, isTold: false };
  const host = { host: 'gw' };
  const service = { host: 'gw', service: 'PING' };
  const rows: [
    canary: { host: string; service?: string },
    records: Record<string, unknown>,
    reason: string | undefined,
  ][] = [
    [host, {}, undefined],
    [host, { 'host gw': { bad: [] } }, undefined],
    [host, { 'host gw': { bad: [], state: 'UP' } }, undefined],
    [host, { 'host gw': { bad: [], state: 'DOWN' } }, 'its canary gw is DOWN'],
    [
      host,
      { 'host gw': { bad: [], state: 'UNREACHABLE' } },
      'its canary gw is UNREACHABLE',
    ],
    [host, { 'host web1': { bad: [], state: 'DOWN' } }, undefined],
    [service, {}, undefined],
    [service, { 'service gw\tPING': {} }, undefined],
    [
      service,
      { 'service gw\tPING': { problem } },
      'its canary gw / PING is not OK',
    ],
    [service, { 'host gw': { bad: [], state: 'DOWN' } }, undefined],
    [service, { 'service gw\tSSH': { problem } }, undefined],
  ];
  for (const [canary, records, reason] of rows) {
    const found = judgeMonitor(
      situationOf({
        guards: { canaries: [canary] },
        memory: memoryOf(records),
      }),
    );
    t.strictSame(
      found,
      reason && told(reason),
      JSON.stringify([canary, records]),
    );
  }
  const second = judgeMonitor(
    situationOf({
      guards: { canaries: [service, host] },
      memory: memoryOf({ 'host gw': { bad: [], state: 'DOWN' } }),
    }),
  );
  t.strictSame(second, told('its canary gw is DOWN'), 'each is looked at');
});
