import type { MonitorKind, MonitorSettings } from './schemas.ts';

/** What holds for a monitor where kicker.yaml says nothing. Apart from the schemas: every start of kicker reads it. */
export const monitorDefaults = {
  nagios: { kind: 'nagios', author: 'kicker' },
  icinga2: { kind: 'icinga2', author: 'kicker' },
  alertmanager: {
    kind: 'alertmanager',
    hostLabel: 'instance',
    serviceLabel: 'service',
    severityLabel: 'severity',
    severities: { critical: 'CRITICAL', warning: 'WARNING' },
    receiver: 'kicker',
    author: 'kicker',
  },
  zabbix: {
    kind: 'zabbix',
    serviceTag: 'service',
    tag: 'kickd',
    tagValue: 'yes',
    // Not classified says nothing of how bad it is.
    severities: {
      '0': 'UNKNOWN',
      '1': 'WARNING',
      '2': 'WARNING',
      '3': 'WARNING',
      '4': 'CRITICAL',
      '5': 'CRITICAL',
    },
  },
  checkmk: { kind: 'checkmk' },
  sensu: { kind: 'sensu', confirmedAt: 3, namespace: 'default' },
  // Its one key has no default.
  webhook: { kind: 'webhook', mapping: '' },
} as const satisfies {
  [Kind in MonitorKind]: Extract<MonitorSettings, { kind: Kind }>;
};
