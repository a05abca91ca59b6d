import type { MappingFile } from './mapping-schema.ts';
import type { ShippedName } from './shipped-names.ts';

/** The mappings that kicker brings along, by the name that `mapping` in kicker.yaml gives. */
export const shippedMappings: Readonly<Record<ShippedName, MappingFile>> = {
  /** @see https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/ */
  grafana: {
    each: '$.alerts[*]',
    states: [
      {
        when: { '$.labels.alertname': ['DatasourceNoData', 'DatasourceError'] },
        ignore: 'the query of its rule brought no data, or failed',
      },
      {
        when: { '$.annotations.grafana_state_reason': { present: true } },
        ignore: 'its state comes from the rule and not from data',
      },
      {
        when: {
          '$.labels.alertname': 'TestAlert',
          '$.generatorURL': [
            null,
            { matches: String.raw`^(?:https?://[^/]*/?)?(?:\?.*)?$` },
          ],
        },
        ignore: 'it is the test of a contact point',
      },
      { when: { '$.status': 'resolved' }, state: 'OK' },
      {
        when: { '$.status': 'firing', '$.labels.severity': 'critical' },
        state: 'CRITICAL',
      },
      {
        when: { '$.status': 'firing', '$.labels.severity': 'warning' },
        state: 'WARNING',
      },
      {
        when: { '$.status': 'firing', '$.labels.severity': 'none' },
        ignore: 'its severity is none: it asks for nothing',
      },
    ],
    subjects: [
      {
        host: '$.labels.instance',
        hostIs: 'name-and-port',
        service: ['$.labels.service', '$.labels.alertname'],
      },
    ],
    problem: ['$.fingerprint', '$.startsAt'],
    since: '$.startsAt',
    labels: '$.labels',
  },

  /** @see https://github.com/louislam/uptime-kuma, server/notification-providers/webhook.js */
  kuma: {
    states: [
      {
        when: { '$.heartbeat': null },
        ignore: 'a test, or the notice of a certificate',
      },
      { when: { '$.heartbeat.status': 3 }, ignore: 'it is in maintenance' },
      {
        when: { '$.heartbeat.status': 2 },
        ignore: 'it is looked at again: nothing is known yet',
      },
      { when: { '$.heartbeat.status': 1 }, state: 'OK' },
      { when: { '$.heartbeat.status': 0 }, state: 'CRITICAL' },
    ],
    subjects: [
      {
        when: { '$.monitor.type': ['ping', 'tailscale-ping'] },
        host: '$.monitor.hostname',
      },
      {
        when: { '$.monitor.type': ['http', 'keyword', 'json-query'] },
        host: '$.monitor.url',
        hostIs: 'url',
        service: '$.monitor.name',
      },
      {
        when: {
          '$.monitor.type': ['port', 'dns', 'smtp', 'snmp', 'steam', 'gamedig'],
        },
        host: '$.monitor.hostname',
        service: '$.monitor.name',
      },
    ],
  },

  /**
   * The body is a template that somebody writes; this is the one that docs/guides/webhooks.md asks for.
   * @see https://docs.datadoghq.com/integrations/webhooks/
   */
  datadog: {
    states: [
      {
        when: { '$.transition': ['No Data', 'Re-No Data', 'No data'] },
        ignore: 'there are no data: nothing is known of the service',
      },
      { when: { '$.transition': 'Recovered' }, state: 'OK' },
      {
        when: { '$.transition': ['Triggered', 'Re-Triggered', 'Renotify'] },
        state: 'CRITICAL',
      },
      { when: { '$.transition': ['Warn', 'Re-Warn'] }, state: 'WARNING' },
      { when: { '$.transition': 'Test' }, ignore: 'it is a test' },
    ],
    subjects: [{ host: '$.host', service: ['$.service', '$.monitor'] }],
    problem: ['$.cycle'],
    at: '$.date',
  },

  /** The data are of a form of kicker's own. @see https://github.com/cloudevents/spec */
  cloudevents: {
    format: 'cloudevents',
    states: (['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const).flatMap(
      (state) => [
        {
          when: { '$.data.state': state, '$.data.confirmed': false },
          state,
          confirmed: false,
        },
        {
          when: { '$.data.state': state, '$.data.confirmed': [true, null] },
          state,
        },
      ],
    ),
    subjects: [
      {
        when: { '$.data.service': { present: true } },
        host: '$.data.host',
        service: '$.data.service',
      },
      { host: '$.data.host' },
    ],
    problem: ['$.data.problem'],
    at: '$.time',
    labels: '$.data.labels',
  },
};
