import t from 'tap';
import { readRange } from '../../../src/monitors/alertmanager/alert-runs.ts';
import {
  itemsOfAlerts,
  itemsOfRanges,
} from '../../../src/monitors/alertmanager/history.ts';
import { monitorDefaults } from '../../../src/monitors/defaults.ts';

const world = { monitor: 'am', knowsHost: () => false };
const settings = monitorDefaults.alertmanager;
const from = 1_700_000_000;

function rangeOf(labels: Record<string, string>, points: readonly number[]) {
  const range = readRange([
    { metric: {}, values: [0, 10, 20, 30, 40].map((at) => [from + at, '0']) },
    {
      metric: { __name__: 'ALERTS', alertstate: 'firing', ...labels },
      values: points.map((at) => [from + at, '1']),
    },
  ]);
  return range === undefined ? [] : [range];
}
const web = {
  alertname: 'WebDown',
  instance: 'web1.example.com:9100',
  service: 'apache2',
  severity: 'critical',
};

void t.test('read as the webhook is', async (t) => {
  const items = itemsOfRanges(rangeOf(web, [10, 20]), settings, world);
  t.match(items, [
    {
      atMs: (from + 10) * 1000,
      item: {
        kind: 'alert',
        event: {
          monitor: 'am',
          host: 'web1.example.com',
          service: 'apache2',
          state: 'CRITICAL',
          stateType: 'HARD',
          since: '2023-11-14T22:13:30.000Z',
        },
      },
    },
    { atMs: (from + 30) * 1000, item: { event: { state: 'OK' } } },
  ]);
  const problems = items.map(({ item }) =>
    item.kind === 'alert' ? item.event.problem : '',
  );
  t.equal(problems[0], problems[1], 'one episode');
  t.notOk(JSON.stringify(items).includes('alertstate'));
});

void t.test('by the labels of the settings, and never another', async (t) => {
  const item = (labels: Record<string, string>, own = {}) =>
    itemsOfRanges(rangeOf(labels, [10]), { ...settings, ...own }, world)[0]
      ?.item;
  t.match(
    item(
      { ...web, node: 'db1', level: 'page' },
      {
        hostLabel: 'node',
        serviceLabel: 'job',
        severityLabel: 'level',
        severities: { page: 'CRITICAL' },
      },
    ),
    { event: { host: 'db1', service: 'WebDown', state: 'CRITICAL' } },
  );
  t.match(item({ ...web, severity: 'page' }), {
    kind: 'broken',
    why: /^SEVERITY_UNMAPPED: /,
  });
  t.match(item({ ...web, instance: '10.0.0.1:80' }), {
    kind: 'broken',
    why: /^PAYLOAD_NAME: /,
  });
  t.strictSame(item({ ...web, alertname: 'Watchdog' }), { kind: 'other' });
});

void t.test('at one point: what is over comes first', async (t) => {
  const warning = { ...web, severity: 'warning' };
  const ranges = [...rangeOf(web, [20, 30]), ...rangeOf(warning, [0, 10])];
  const states = itemsOfRanges(ranges, settings, world).map(({ item }) =>
    item.kind === 'alert' ? item.event.state : '',
  );
  t.strictSame(states, ['WARNING', 'OK', 'CRITICAL', 'OK']);
});

void t.test('a list of what fires now', async (t) => {
  const alert = (more: Record<string, unknown>) => ({
    labels: web,
    fingerprint: 'ab',
    startsAt: '2023-11-14T22:13:20.5Z',
    status: { state: 'active', silencedBy: [], inhibitedBy: [] },
    ...more,
  });
  const items = itemsOfAlerts(
    [
      alert({ fingerprint: 'cd', startsAt: '2023-11-14T22:14:20Z' }),
      alert({}),
      alert({
        fingerprint: 'ef',
        startsAt: '2023-11-14T22:15:20Z',
        status: { silencedBy: ['s'] },
      }),
      { labels: web },
    ],
    settings,
    world,
  );
  t.match(items, [
    { item: { kind: 'broken' } },
    {
      atMs: from * 1000 + 500,
      item: {
        event: { state: 'CRITICAL', problem: /^ab\//, inDowntime: false },
      },
    },
    { item: { event: { problem: /^cd\// } } },
    { item: { event: { problem: /^ef\//, inDowntime: true } } },
  ]);
  t.equal(itemsOfAlerts({ status: 'success' }, settings, world), undefined);
});
