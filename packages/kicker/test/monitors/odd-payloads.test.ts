import t from 'tap';
import {
  explainPayload,
  type PayloadRecord,
} from '../../src/commands/explain-payload.ts';
import { defaultConfig } from '../../src/config/config.ts';

function explain(monitor: string, text: string): Promise<PayloadRecord> {
  const config = defaultConfig();
  const hosts = { '192.0.2.99': {}, 'lab:9100': {} };
  return explainPayload(
    monitor,
    '-',
    { ...config, hosts },
    {
      clock: {
        now: () => new Date('2026-11-26T18:00:00Z'),
        monotonicMs: () => 0,
        moment: () => ({ wallMs: 0, boot: '', monotonicMs: 0 }),
      },
      pause: () => Promise.resolve(),
      readStdin: () => Promise.resolve(text),
    },
  );
}

type Row = [
  what: string,
  monitor: string,
  payload: unknown,
  want: 'event' | 'refusal' | 'ignored',
  /** of the event, or words of the reason */
  match?: object | RegExp,
];

const alert = {
  status: 'firing',
  labels: {
    alertname: 'ApacheDown',
    instance: 'web1.example.com:9117',
    service: 'apache2',
    severity: 'critical',
  },
  startsAt: '2026-11-26T17:22:39.727Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prom1.example.com/graph?g0.expr=x',
  fingerprint: '02c27b65ce16372e',
};
const am = (change: object, labels: object = {}) => ({
  version: '4',
  alerts: [{ ...alert, ...change, labels: { ...alert.labels, ...labels } }],
});
const alerts: Row[] = [
  ['plain', 'alertmanager', am({}), 'event', { host: 'web1.example.com' }],
  [
    'a warning',
    'alertmanager',
    am({}, { severity: 'warning' }),
    'event',
    { state: 'WARNING' },
  ],
  [
    'resolved',
    'alertmanager',
    am({ status: 'resolved' }),
    'event',
    { state: 'OK' },
  ],
  [
    'resolved needs no severity',
    'alertmanager',
    am({ status: 'resolved' }, { severity: undefined }),
    'event',
    { state: 'OK' },
  ],
  [
    'a severity that is not mapped',
    'alertmanager',
    am({}, { severity: 'page' }),
    'refusal',
    /SEVERITY_UNMAPPED.*page/,
  ],
  [
    'no severity',
    'alertmanager',
    am({}, { severity: undefined }),
    'refusal',
    /absent/,
  ],
  [
    'a name that every object has',
    'alertmanager',
    am({}, { severity: 'constructor' }),
    'refusal',
  ],
  [
    'another status',
    'alertmanager',
    am({ status: 'Firing' }),
    'refusal',
    /status/,
  ],
  ['no status', 'alertmanager', am({ status: undefined }), 'refusal'],
  [
    'loopback',
    'alertmanager',
    am({}, { instance: 'localhost:9090' }),
    'refusal',
    /machine of the monitor/,
  ],
  [
    'loopback by address',
    'alertmanager',
    am({}, { instance: '127.0.0.1:9090' }),
    'refusal',
    /machine of the monitor/,
  ],
  [
    'loopback of IPv6',
    'alertmanager',
    am({}, { instance: '[::1]:9090' }),
    'refusal',
    /machine of the monitor/,
  ],
  [
    'a URL',
    'alertmanager',
    am({}, { instance: 'https://web1.example.com/health' }),
    'refusal',
    /URL/,
  ],
  [
    'a URL without a path',
    'alertmanager',
    am({}, { instance: 'http://web1.example.com:80' }),
    'refusal',
    /URL/,
  ],
  [
    'an address that nobody knows',
    'alertmanager',
    am({}, { instance: '192.0.2.1:9100' }),
    'refusal',
    /address/,
  ],
  [
    'an address that kicker.yaml names',
    'alertmanager',
    am({}, { instance: '192.0.2.99:9100' }),
    'event',
    { host: '192.0.2.99' },
  ],
  [
    'an IPv6 address without a port',
    'alertmanager',
    am({}, { instance: '2001:db8::9100' }),
    'refusal',
    /address/,
  ],
  [
    'a host that kicker.yaml names with its port',
    'alertmanager',
    am({}, { instance: 'lab:9100' }),
    'event',
    { host: 'lab:9100' },
  ],
  [
    'a port alone',
    'alertmanager',
    am({}, { instance: ':9100' }),
    'refusal',
    /empty/,
  ],
  [
    'an empty host',
    'alertmanager',
    am({}, { instance: '' }),
    'refusal',
    /empty/,
  ],
  ['blanks', 'alertmanager', am({}, { instance: '  ' }), 'refusal', /empty/],
  [
    'a template without a value',
    'alertmanager',
    am({}, { instance: '<no value>' }),
    'refusal',
    /did not fill/,
  ],
  [
    'a template of Go',
    'alertmanager',
    am({}, { instance: '{{ $labels.node }}' }),
    'refusal',
    /did not fill/,
  ],
  [
    'a variable of a shell',
    'alertmanager',
    am({}, { instance: '${HOST}' }),
    'refusal',
    /did not fill/,
  ],
  [
    'a line feed',
    'alertmanager',
    am({}, { instance: 'web1\nweb2' }),
    'refusal',
    /control/,
  ],
  ['a wildcard', 'alertmanager', am({}, { instance: '*' }), 'refusal', /none/],
  [
    'a number for a host',
    'alertmanager',
    am({}, { instance: 7 }),
    'refusal',
    /absent/,
  ],
  [
    'nothing falls back',
    'alertmanager',
    am({}, { instance: undefined, node: 'web2', host: 'web3' }),
    'refusal',
    /labels\.instance is absent/,
  ],
  [
    'a service without a value is its alertname',
    'alertmanager',
    am({}, { service: '' }),
    'event',
    { service: 'ApacheDown' },
  ],
  [
    'a service that was not filled in is not',
    'alertmanager',
    am({}, { service: '<no value>' }),
    'refusal',
    /labels\.service/,
  ],
  [
    'neither of both',
    'alertmanager',
    am({}, { service: undefined, alertname: undefined }),
    'refusal',
    /alertname/,
  ],
  [
    'no fingerprint: no id',
    'alertmanager',
    am({ fingerprint: undefined }),
    'event',
    { problem: undefined },
  ],
  [
    'it never began: no id',
    'alertmanager',
    am({ startsAt: '0001-01-01T00:00:00Z' }),
    'event',
    { problem: undefined, since: undefined },
  ],
  [
    'an offset',
    'alertmanager',
    am({ startsAt: '2026-11-26T19:22:39.5+02:00' }),
    'event',
    { since: '2026-11-26T17:22:39.5Z' },
  ],
  [
    'a heartbeat',
    'alertmanager',
    am({}, { alertname: 'Watchdog', severity: 'none' }),
    'ignored',
    /heartbeat/,
  ],
  [
    'a dead man’s switch',
    'alertmanager',
    am({}, { alertname: 'DeadMansSwitch' }),
    'ignored',
    /heartbeat/,
  ],
  [
    'not by its text',
    'alertmanager',
    am({}, { alertname: 'WatchdogTimerExpired' }),
    'event',
  ],
  [
    'a severity of none',
    'alertmanager',
    am({}, { severity: 'none' }),
    'ignored',
  ],
  [
    'a failed query',
    'alertmanager',
    am({}, { alertname: 'DatasourceError' }),
    'ignored',
    /nothing is known/,
  ],
  [
    'a state that comes from no data',
    'alertmanager',
    am({ annotations: { grafana_state_reason: 'NoData' } }),
    'ignored',
    /NoData/,
  ],
  [
    'a recovery because the series went',
    'alertmanager',
    am({
      status: 'resolved',
      annotations: { grafana_state_reason: 'MissingSeries' },
    }),
    'ignored',
    /MissingSeries/,
  ],
  [
    'a rule that is called TestAlert',
    'alertmanager',
    am({}, { alertname: 'TestAlert' }),
    'event',
  ],
  [
    'no alert',
    'alertmanager',
    { version: '4', alerts: [] },
    'ignored',
    /no alert/,
  ],
  ['an alert that is none', 'alertmanager', { alerts: [null] }, 'refusal'],
  [
    'the old alerting of Grafana',
    'alertmanager',
    { ruleName: 'x', state: 'alerting', evalMatches: [] },
    'refusal',
    /PAYLOAD_FORM/,
  ],
  ['a list', 'alertmanager', [alert], 'refusal'],
  ['a text', 'alertmanager', 'firing', 'refusal'],
  ['null', 'alertmanager', null, 'refusal'],
  [
    'Grafana: plain',
    'grafana',
    am({}),
    'event',
    {
      host: 'web1.example.com',
      problem: '02c27b65ce16372e/2026-11-26T17:22:39.727Z',
    },
  ],
  [
    'Grafana: resolved by data',
    'grafana',
    am({ status: 'resolved' }),
    'event',
    { state: 'OK' },
  ],
  [
    'Grafana: resolved since the rule is paused',
    'grafana',
    am({ status: 'resolved', annotations: { grafana_state_reason: 'Paused' } }),
    'ignored',
  ],
  [
    'Grafana: a test before version 12',
    'grafana',
    am(
      { generatorURL: 'https://grafana.example.com/?orgId=1' },
      { alertname: 'TestAlert' },
    ),
    'ignored',
    /test/,
  ],
  [
    'Grafana: a rule that is called TestAlert',
    'grafana',
    am(
      { generatorURL: 'https://grafana.example.com/alerting/grafana/x/view' },
      { alertname: 'TestAlert' },
    ),
    'event',
  ],
  ['Grafana: no alert', 'grafana', { alerts: [] }, 'ignored'],
  [
    'Grafana: another form',
    'grafana',
    { state: 'alerting' },
    'refusal',
    /PAYLOAD_FORM/,
  ],
  [
    'Grafana: another severity',
    'grafana',
    am({}, { severity: 'page' }),
    'refusal',
    /MAPPING_NO_STATE/,
  ],
];

const zabbix = {
  host: 'web1.example.com',
  conn: '192.0.2.11',
  event: '25',
  value: '1',
  update: '0',
  source: '0',
  object: '0',
  severity: '4',
  name: 'http is down',
  tags: '[{"tag":"service","value":"http"}]',
  key: 'net.tcp.service[http]',
  hostgroups: 'web, linux',
  acked: 'No',
};
const message = (change: object) => [
  'kickd',
  'Problem',
  JSON.stringify({ ...zabbix, ...change }),
];
const problems: Row[] = [
  [
    'by a script',
    'zabbix',
    message({}),
    'event',
    { service: 'http', problem: '25', state: 'CRITICAL' },
  ],
  ['by a webhook', 'zabbix', zabbix, 'event', { service: 'http' }],
  [
    'numbers',
    'zabbix',
    { ...zabbix, value: 1, event: 25, severity: 2 },
    'event',
    { state: 'WARNING', problem: '25' },
  ],
  [
    'a recovery names its problem',
    'zabbix',
    message({ value: '0' }),
    'event',
    { state: 'OK', problem: '25' },
  ],
  [
    'not classified',
    'zabbix',
    message({ severity: '0' }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'a severity that is none',
    'zabbix',
    message({ severity: '{EVENT.NSEVERITY}' }),
    'refusal',
    /SEVERITY/,
  ],
  [
    'no tag: the name of the trigger',
    'zabbix',
    message({ tags: '[]' }),
    'event',
    { service: 'http is down' },
  ],
  [
    'a tag without a value',
    'zabbix',
    message({ tags: '[{"tag":"service","value":""}]' }),
    'refusal',
    /tag service/,
  ],
  [
    'tags that cannot be read',
    'zabbix',
    message({ tags: '[{' }),
    'refusal',
    /tags/,
  ],
  [
    'the agent is silent',
    'zabbix',
    message({ key: 'zabbix[host,agent,available]' }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'and is back',
    'zabbix',
    message({ key: 'agent.ping', value: '0' }),
    'event',
    { state: 'OK' },
  ],
  ['an update', 'zabbix', message({ update: '1' }), 'ignored', /update/],
  ['discovery', 'zabbix', message({ source: '1' }), 'ignored'],
  ['autoregistration', 'zabbix', message({ source: '2' }), 'ignored'],
  ['a business service', 'zabbix', message({ source: '4' }), 'ignored'],
  ['an item that does not work', 'zabbix', message({ object: '4' }), 'ignored'],
  [
    'no host',
    'zabbix',
    message({ host: '{HOST.HOST}' }),
    'refusal',
    /did not fill/,
  ],
  [
    'a host that the recipient may not see',
    'zabbix',
    message({ host: '*UNKNOWN*' }),
    'refusal',
  ],
  ['no id', 'zabbix', message({ event: '{EVENT.ID}' }), 'refusal', /event/],
  ['another value', 'zabbix', message({ value: '2' }), 'refusal', /value/],
  [
    'the test of a media type',
    'zabbix',
    message({
      host: '{HOST.HOST}',
      event: '{EVENT.ID}',
      value: '{EVENT.VALUE}',
    }),
    'ignored',
    /test/,
  ],
  [
    'a quote in a name broke the JSON',
    'zabbix',
    ['k', 's', '{"name": "disk "C" full"}'],
    'refusal',
    /PAYLOAD_MESSAGE/,
  ],
  [
    'cancelled, as older servers spell it',
    'zabbix',
    [
      'k',
      's',
      `NOTE: Escalation cancelled: action "x" deleted\n${JSON.stringify(zabbix)}`,
    ],
    'ignored',
  ],
  [
    'cancelled, by a webhook',
    'zabbix',
    { ...zabbix, message: 'NOTE: Escalation canceled: x' },
    'ignored',
    /Escalation/,
  ],
  ['two arguments', 'zabbix', ['kickd', 'x'], 'refusal', /PAYLOAD_FORM/],
  [
    'in maintenance',
    'zabbix',
    message({ suppressed: 'Yes' }),
    'event',
    { inDowntime: true },
  ],
  [
    'acknowledged',
    'zabbix',
    message({ acked: 'Yes' }),
    'event',
    { acknowledgedBy: 'somebody' },
  ],
];

const env = (change: object) =>
  Object.entries({
    NOTIFY_WHAT: 'SERVICE',
    NOTIFY_NOTIFICATIONTYPE: 'PROBLEM',
    NOTIFY_HOSTNAME: 'web1.example.com',
    NOTIFY_HOSTSTATE: 'UP',
    NOTIFY_SERVICEDESC: 'Process apache2',
    NOTIFY_SERVICESTATE: 'CRITICAL',
    NOTIFY_SERVICEPROBLEMID: '4711',
    NOTIFY_LASTSERVICESTATECHANGE: '1795713017',
    ...change,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
const notifications: Row[] = [
  [
    'plain',
    'checkmk',
    env({}),
    'event',
    {
      service: 'Process apache2',
      problem: '4711',
      hostState: 'UP',
      since: '2026-11-26T17:10:17Z',
    },
  ],
  [
    'the short words',
    'checkmk',
    env({ NOTIFY_SERVICESTATE: 'CRIT' }),
    'event',
    { state: 'CRITICAL' },
  ],
  [
    'a recovery',
    'checkmk',
    env({
      NOTIFY_NOTIFICATIONTYPE: 'RECOVERY',
      NOTIFY_SERVICESTATE: 'OK',
      NOTIFY_SERVICEPROBLEMID: '0',
    }),
    'event',
    { state: 'OK', problem: undefined },
  ],
  [
    'a recovery that is none',
    'checkmk',
    env({ NOTIFY_NOTIFICATIONTYPE: 'RECOVERY' }),
    'refusal',
    /recovery/,
  ],
  [
    'a problem that is OK',
    'checkmk',
    env({ NOTIFY_SERVICESTATE: 'OK' }),
    'refusal',
  ],
  [
    'a plugin that crashed',
    'checkmk',
    env({ NOTIFY_SERVICESTATE: 'UNKNOWN' }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'the agent of the host is gone',
    'checkmk',
    env({ NOTIFY_SERVICEDESC: 'Check_MK' }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'so with its discovery',
    'checkmk',
    env({
      NOTIFY_SERVICEDESC: 'Check_MK Discovery',
      NOTIFY_SERVICESTATE: 'WARNING',
    }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'a service with such a name',
    'checkmk',
    env({ NOTIFY_SERVICEDESC: 'Check_MKsite' }),
    'event',
    { state: 'CRITICAL' },
  ],
  [
    'never checked',
    'checkmk',
    env({ NOTIFY_SERVICESTATE: 'PENDING' }),
    'ignored',
  ],
  ...[
    'ACKNOWLEDGEMENT',
    'DOWNTIMESTART',
    'DOWNTIMEEND',
    'DOWNTIMECANCELLED',
    'FLAPPINGSTART',
    'FLAPPINGSTOP',
    'FLAPPINGDISABLED',
    'CUSTOM',
    'ALERTHANDLER (OK -> CRITICAL)',
    'FLAPPINGSTOP (CRITICAL)',
  ].map((type): Row => [
    type,
    'checkmk',
    env({ NOTIFY_NOTIFICATIONTYPE: type }),
    'ignored',
  ]),
  [
    'another type',
    'checkmk',
    env({ NOTIFY_NOTIFICATIONTYPE: 'NEWTYPE' }),
    'refusal',
  ],
  [
    'no type',
    'checkmk',
    env({ NOTIFY_NOTIFICATIONTYPE: undefined }),
    'refusal',
  ],
  ['no host', 'checkmk', env({ NOTIFY_HOSTNAME: '' }), 'refusal', /HOSTNAME/],
  [
    'a service that was not filled in',
    'checkmk',
    env({ NOTIFY_SERVICEDESC: '$SERVICEDESC$' }),
    'refusal',
    /did not fill/,
  ],
  [
    'in downtime',
    'checkmk',
    env({ NOTIFY_SERVICEDOWNTIME: '1' }),
    'event',
    { inDowntime: true },
  ],
  [
    'the host is in downtime',
    'checkmk',
    env({ NOTIFY_HOSTDOWNTIME: '2' }),
    'event',
    { inDowntime: true },
  ],
  [
    'acknowledged',
    'checkmk',
    env({ NOTIFY_SERVICEACKAUTHOR: 'ada' }),
    'event',
    { acknowledgedBy: 'ada' },
  ],
  [
    'an alert handler',
    'checkmk',
    'ALERT_HOSTNAME=web1\nALERT_SERVICEDESC=HTTP\nALERT_SERVICESTATE=CRITICAL\nALERT_SERVICESTATETYPE=SOFT',
    'event',
    { stateType: 'SOFT' },
  ],
  [
    'another environment',
    'checkmk',
    'PATH=/bin\nHOME=/',
    'refusal',
    /PAYLOAD_FORM/,
  ],
  ['JSON', 'checkmk', {}, 'refusal', /PAYLOAD_FORM/],
];

const sensu = (
  check: object = {},
  event: object = {},
  entity: object = {},
) => ({
  timestamp: 1795713017,
  entity: {
    metadata: { name: 'web1.example.com' },
    entity_class: 'agent',
    subscriptions: ['web', 'entity:web1.example.com'],
    ...entity,
  },
  check: {
    status: 2,
    state: 'failing',
    occurrences: 3,
    output: 'CRIT',
    metadata: { name: 'check-http' },
    is_silenced: false,
    ...check,
  },
  ...event,
});
const results: Row[] = [
  [
    'plain',
    'sensu',
    sensu(),
    'event',
    { stateType: 'HARD', attempt: 3, state: 'CRITICAL' },
  ],
  [
    'the first of three',
    'sensu',
    sensu({ occurrences: 1 }),
    'event',
    { stateType: 'SOFT', attempt: 1, maxAttempts: 3 },
  ],
  [
    'OK',
    'sensu',
    sensu({ status: 0, state: 'passing', occurrences: 900 }),
    'event',
    { state: 'OK', stateType: 'HARD', attempt: 1 },
  ],
  ['a warning', 'sensu', sensu({ status: 1 }), 'event', { state: 'WARNING' }],
  [
    'terminated',
    'sensu',
    sensu({ status: 143 }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'it timed out',
    'sensu',
    sensu({ output: 'Execution timed out\n' }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'no result came within its ttl',
    'sensu',
    sensu({ output: 'Last check execution was 130 seconds ago' }),
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'a plugin that says so later',
    'sensu',
    sensu({ output: 'CRIT: Execution timed out' }),
    'event',
    { state: 'CRITICAL' },
  ],
  [
    'silenced',
    'sensu',
    sensu({ is_silenced: true }),
    'event',
    { inDowntime: true },
  ],
  [
    'flapping',
    'sensu',
    sensu({ state: 'flapping' }),
    'event',
    { isFlapping: true },
  ],
  [
    'metrics',
    'sensu',
    sensu({}, { check: null, metrics: {} }),
    'ignored',
    /metrics/,
  ],
  ['as sensuctl prints it', 'sensu', { type: 'Event', spec: sensu() }, 'event'],
  [
    'an event of Sensu Core',
    'sensu',
    {
      client: { name: 'web1' },
      check: { name: 'x', status: 2 },
      action: 'create',
    },
    'refusal',
    /PAYLOAD_FORM/,
  ],
  [
    'no host',
    'sensu',
    sensu({}, {}, { metadata: {} }),
    'refusal',
    /entity\.metadata\.name/,
  ],
  [
    'no check',
    'sensu',
    sensu({ metadata: {} }),
    'refusal',
    /check\.metadata\.name/,
  ],
  [
    'a status that is none',
    'sensu',
    sensu({ status: '2' }),
    'refusal',
    /check\.status/,
  ],
  [
    'the agent lives again',
    'sensu',
    sensu({ status: 0, metadata: { name: 'keepalive' } }),
    'event',
    { state: 'UP', service: undefined },
  ],
];

const kuma = (monitor: object = {}, heartbeat: object = {}) => ({
  heartbeat: { status: 0, msg: 'x', important: true, ...heartbeat },
  monitor: {
    name: 'shop',
    type: 'http',
    url: 'https://web1.example.com/login',
    hostname: null,
    ...monitor,
  },
  msg: 'x',
});
const datadog = {
  id: '1',
  cycle: '77',
  transition: 'Triggered',
  host: 'web1.example.com',
  service: 'apache2',
  monitor: '5',
  date: '1795713017000',
};
const cloud = (data: object, change: object = {}) => ({
  specversion: '1.0',
  id: '1',
  source: 's',
  type: 't',
  time: '2026-11-26T17:10:17Z',
  data: { host: 'web1', service: 'apache2', state: 'CRITICAL', ...data },
  ...change,
});
const others: Row[] = [
  [
    'Kuma: a page',
    'kuma',
    kuma(),
    'event',
    { host: 'web1.example.com', service: 'shop', state: 'CRITICAL' },
  ],
  ['Kuma: up again', 'kuma', kuma({}, { status: 1 }), 'event', { state: 'OK' }],
  [
    'Kuma: a port',
    'kuma',
    kuma({ type: 'port', hostname: 'db1', url: 'https://' }),
    'event',
    { host: 'db1', service: 'shop' },
  ],
  [
    'Kuma: a page of the machine itself',
    'kuma',
    kuma({ url: 'http://localhost:3000/' }),
    'refusal',
    /machine of the monitor/,
  ],
  [
    'Kuma: a page by its address',
    'kuma',
    kuma({ url: 'http://192.0.2.7/' }),
    'refusal',
    /address/,
  ],
  ['Kuma: no page yet', 'kuma', kuma({ url: 'https://' }), 'refusal', /URL/],
  [
    'Kuma: pushed to it',
    'kuma',
    kuma({ type: 'push' }),
    'refusal',
    /MAPPING_NO_SUBJECT/,
  ],
  ['Kuma: a group', 'kuma', kuma({ type: 'group' }), 'refusal'],
  [
    'Kuma: the test button',
    'kuma',
    { heartbeat: null, monitor: null, msg: 'x Testing' },
    'ignored',
    /test/,
  ],
  ['Kuma: a certificate expires', 'kuma', { msg: 'x' }, 'ignored'],
  [
    'Kuma: maintenance',
    'kuma',
    kuma({}, { status: 3 }),
    'ignored',
    /maintenance/,
  ],
  ['Kuma: pending', 'kuma', kuma({}, { status: 2 }), 'ignored'],
  ['Kuma: another status', 'kuma', kuma({}, { status: '0' }), 'refusal'],
  [
    'Datadog: plain',
    'datadog',
    datadog,
    'event',
    { problem: '77', at: '2026-11-26T17:10:17Z', service: 'apache2' },
  ],
  [
    'Datadog: seconds, as a number',
    'datadog',
    { ...datadog, date: 1795713017 },
    'event',
    { at: '2026-11-26T17:10:17Z' },
  ],
  [
    'Datadog: no service in the template',
    'datadog',
    { ...datadog, service: undefined },
    'event',
    { service: '5' },
  ],
  [
    'Datadog: a service that was not filled in',
    'datadog',
    { ...datadog, service: '$TAGS[service]' },
    'refusal',
    /did not fill/,
  ],
  [
    'Datadog: a cycle that was not filled in',
    'datadog',
    { ...datadog, cycle: '$ALERT_CYCLE_KEY' },
    'event',
    { problem: undefined },
  ],
  [
    'Datadog: a host that was not filled in',
    'datadog',
    { ...datadog, host: '$HOSTNAME' },
    'refusal',
    /did not fill/,
  ],
  [
    'Datadog: recovered',
    'datadog',
    { ...datadog, transition: 'Recovered' },
    'event',
    { state: 'OK' },
  ],
  [
    'Datadog: again',
    'datadog',
    { ...datadog, transition: 'Re-Triggered' },
    'event',
    { state: 'CRITICAL' },
  ],
  [
    'Datadog: a warning',
    'datadog',
    { ...datadog, transition: 'Warn' },
    'event',
    { state: 'WARNING' },
  ],
  [
    'Datadog: no data',
    'datadog',
    { ...datadog, transition: 'No Data' },
    'ignored',
    /no data/,
  ],
  [
    'Datadog: another transition',
    'datadog',
    { ...datadog, transition: '$ALERT_TRANSITION' },
    'refusal',
    /MAPPING_NO_STATE/,
  ],
  [
    'CloudEvents: structured',
    'cloudevents',
    cloud({}),
    'event',
    { host: 'web1', state: 'CRITICAL', stateType: 'HARD' },
  ],
  [
    'CloudEvents: not confirmed yet',
    'cloudevents',
    cloud({ confirmed: false }),
    'event',
    { stateType: 'SOFT' },
  ],
  [
    'CloudEvents: of a host',
    'cloudevents',
    cloud({ service: undefined }),
    'event',
    { state: 'DOWN', service: undefined },
  ],
  [
    'CloudEvents: binary',
    'cloudevents',
    {
      headers: {
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-source': 's',
        'ce-type': 't',
        'Content-Type': 'application/json',
      },
      body: cloud({}).data,
    },
    'event',
    { host: 'web1' },
  ],
  [
    'CloudEvents: an empty batch',
    'cloudevents',
    { headers: {}, body: [] },
    'ignored',
  ],
  [
    'CloudEvents: one of a batch is bad',
    'cloudevents',
    { headers: {}, body: [cloud({}), 7] },
    'event',
    { host: 'web1' },
  ],
  [
    'CloudEvents: another version',
    'cloudevents',
    cloud({}, { specversion: '0.3' }),
    'refusal',
    /specversion/,
  ],
  [
    'CloudEvents: no id',
    'cloudevents',
    cloud({}, { id: '' }),
    'refusal',
    /id is/,
  ],
  [
    'CloudEvents: in Base64',
    'cloudevents',
    cloud(
      {},
      {
        data: undefined,
        data_base64: Buffer.from(
          '{"host":"web9","service":"x","state":"OK"}',
        ).toString('base64'),
      },
    ),
    'event',
    { host: 'web9' },
  ],
  [
    'CloudEvents: no JSON in Base64',
    'cloudevents',
    cloud({}, { data: undefined, data_base64: 'AAAA' }),
    'refusal',
    /data_base64/,
  ],
  [
    'CloudEvents: another state',
    'cloudevents',
    cloud({ state: 'down' }),
    'refusal',
    /MAPPING_NO_STATE/,
  ],
];

const change = {
  type: 'StateChange',
  host: 'web1',
  service: 'http',
  state: 2,
  state_type: 1,
  timestamp: 1795713017.5,
  downtime_depth: 0,
  acknowledgement: false,
  check_result: { vars_after: { attempt: 1, reachable: true } },
};
const handler = [
  '--host',
  'web1',
  '--service',
  'http',
  '--state',
  'CRITICAL',
  '--state-type',
  'HARD',
  '--attempt',
  '1',
  '--last-ok',
  '1795713000',
  '--since',
  '1795713010',
  '--host-group',
  'web',
  '--host-group',
  'linux',
  '--label',
  'role=web=1',
];
const icinga: Row[] = [
  [
    'EventCommand',
    'icinga2',
    handler,
    'event',
    {
      problem: '1795713000',
      since: '2026-11-26T17:10:00Z',
      labels: { role: 'web=1' },
    },
  ],
  [
    'EventCommand: never OK',
    'icinga2',
    [...handler, '--last-ok', '0'],
    'event',
    { problem: undefined, since: '2026-11-26T17:10:10Z' },
  ],
  [
    'EventCommand: OK names no episode',
    'icinga2',
    [...handler, '--state', 'OK'],
    'event',
    { state: 'OK', problem: undefined },
  ],
  [
    'EventCommand: the host is in downtime',
    'icinga2',
    [...handler, '--service-downtime', '0', '--host-downtime', '1'],
    'event',
    { inDowntime: true },
  ],
  [
    'EventCommand: acknowledged',
    'icinga2',
    [...handler, '--acknowledgement', '2'],
    'event',
    { acknowledgedBy: 'somebody' },
  ],
  [
    'EventCommand: a host that was never checked',
    'icinga2',
    [...handler, '--host-state', 'DOWN', '--host-last-check', '-1'],
    'event',
    { hostState: undefined },
  ],
  [
    'EventCommand: a host that is down',
    'icinga2',
    [...handler, '--host-state', 'DOWN'],
    'event',
    { hostState: 'DOWN' },
  ],
  [
    'EventCommand: an option that nobody knows',
    'icinga2',
    [...handler, '--hots', 'x'],
    'refusal',
    /USAGE_OPTION.*--hots/,
  ],
  [
    'EventCommand: no host',
    'icinga2',
    handler.slice(2),
    'refusal',
    /--host is absent/,
  ],
  [
    'EventCommand: the state of a host',
    'icinga2',
    [
      '--host',
      'web1',
      '--state',
      'DOWN',
      '--state-type',
      'HARD',
      '--attempt',
      '1',
    ],
    'event',
    { state: 'DOWN', service: undefined },
  ],
  [
    'EventCommand: the state of a service without one',
    'icinga2',
    [
      '--host',
      'web1',
      '--state',
      'CRITICAL',
      '--state-type',
      'HARD',
      '--attempt',
      '1',
    ],
    'refusal',
    /--state/,
  ],
  [
    'stream',
    'icinga2',
    change,
    'event',
    { at: '2026-11-26T17:10:17.500Z', attempt: 1 },
  ],
  [
    'stream: of a host',
    'icinga2',
    { ...change, service: undefined, state: 1 },
    'event',
    { state: 'DOWN' },
  ],
  [
    'stream: a host has no third state',
    'icinga2',
    { ...change, service: undefined, state: 2 },
    'refusal',
    /state/,
  ],
  [
    'stream: not reachable',
    'icinga2',
    {
      ...change,
      check_result: { vars_after: { attempt: 1, reachable: false } },
    },
    'event',
    { hostState: 'UNREACHABLE' },
  ],
  [
    'stream: a crashed check',
    'icinga2',
    { ...change, state: 3 },
    'event',
    { state: 'UNKNOWN' },
  ],
  [
    'stream: another kind',
    'icinga2',
    { ...change, type: 'Surprise' },
    'refusal',
    /type/,
  ],
  ['stream: no kind', 'icinga2', { results: [] }, 'refusal'],
];

for (const [group, rows] of Object.entries({
  alerts,
  problems,
  notifications,
  results,
  others,
  icinga,
})) {
  void t.test(group, async (t) => {
    for (const [what, monitor, payload, want, match] of rows) {
      const text =
        typeof payload === 'string' && monitor === 'checkmk'
          ? payload
          : JSON.stringify(payload);
      const found = await explain(monitor, text);
      t.equal(found.want, want, `${what}: ${found.why}`);
      if (match instanceof RegExp) t.match(found.why, match, what);
      else if (match !== undefined) {
        const [event = {}] = found.events;
        const wanted = Object.entries(match);
        t.strictSame(
          Object.fromEntries(
            wanted.map(([name]) => [
              name,
              (event as Record<string, unknown>)[name],
            ]),
          ),
          match,
          what,
        );
      }
    }
  });
}

void t.test(
  'a payload that is no JSON is refused, with the place',
  async (t) => {
    const found = await explain('alertmanager', '{"alerts": [');
    t.match(found, {
      want: 'refusal',
      why: /PAYLOAD_UNREADABLE: stdin is no JSON/,
    });
  },
);

void t.test('a monitor that nobody knows: all that there are', async (t) => {
  await t.rejects(explain('grafan', '{}'), { message: /grafan/ });
});

void t.test('other names of a kind', async (t) => {
  for (const [name, payload] of [
    ['prometheus', am({})],
    ['uptime-kuma', kuma()],
    ['sensu-go', sensu()],
    ['icinga', handler],
  ] as const) {
    const found = await explain(name, JSON.stringify(payload));
    t.match(found, { want: 'event', events: [{ monitor: name }] });
  }
  await t.rejects(explain('toString', '{}'), { message: /toString/ });
});
