import t, { type Test } from 'tap';
import type { MonitorKind } from '../../src/monitors/schemas.ts';
import { createAlertmanagerStage } from './alertmanager/stage.ts';
import { conform, type MonitorStage } from './conformance.ts';
import { createIcinga2Stage } from './icinga2/stage.ts';
import { createNagiosStage } from './nagios/stage.ts';
import {
  createCheckmkStage,
  createSensuStage,
  createWebhookStage,
} from './received-stages.ts';
import { createZabbixStage } from './zabbix/stage.ts';

/** Each kind that kicker.yaml may name: one without a stage does not compile. */
const stages: {
  [Kind in MonitorKind]: (
    t: Test,
    name: string,
  ) => MonitorStage | Promise<MonitorStage>;
} = {
  nagios: createNagiosStage,
  icinga2: createIcinga2Stage,
  alertmanager: createAlertmanagerStage,
  zabbix: createZabbixStage,
  checkmk: createCheckmkStage,
  sensu: createSensuStage,
  webhook: createWebhookStage,
};

for (const [kind, createStage] of Object.entries(stages)) {
  conform(t, kind, createStage);
}
