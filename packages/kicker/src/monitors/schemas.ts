import {
  alertmanagerKeys,
  type AlertmanagerSettings,
} from './alertmanager/schema.ts';
import { checkmkKeys, type CheckmkSettings } from './checkmk/schema.ts';
import { icinga2Keys, type Icinga2Settings } from './icinga2/schema.ts';
import { nagiosKeys, type NagiosSettings } from './nagios/schema.ts';
import { sensuKeys, type SensuSettings } from './sensu/schema.ts';
import { webhookKeys, type WebhookSettings } from './webhook/schema.ts';
import { zabbixKeys, type ZabbixSettings } from './zabbix/schema.ts';

/**
 * Every kind of monitor that kicker.yaml may name, with its keys. To add one: a folder with schema, reading and, where it
 * can be asked and told, an adapter; one line here, one in defaults.ts and one in registry.ts; and the conformance suite.
 */
export const monitorSchemas = {
  nagios: {
    keys: nagiosKeys,
    description: 'nagios (also for Naemon and Icinga 1)',
  },
  icinga2: { keys: icinga2Keys, description: 'icinga2' },
  alertmanager: {
    keys: alertmanagerKeys,
    description: 'alertmanager (Prometheus)',
  },
  zabbix: { keys: zabbixKeys, description: 'zabbix' },
  checkmk: { keys: checkmkKeys, description: 'checkmk' },
  sensu: { keys: sensuKeys, description: 'sensu (Sensu Go)' },
  webhook: {
    keys: webhookKeys,
    description: 'webhook (anything that sends JSON, by a mapping)',
  },
} as const;

export type MonitorSettings =
  | NagiosSettings
  | Icinga2Settings
  | AlertmanagerSettings
  | ZabbixSettings
  | CheckmkSettings
  | SensuSettings
  | WebhookSettings;

export type MonitorKind = MonitorSettings['kind'];
