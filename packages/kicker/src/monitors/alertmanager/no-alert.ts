import { isObject } from '../payload.ts';

/** Alerts that fire for ever, to show that the way to whoever is called is open, or to hold back others. */
const heartbeats =
  /^(?:watchdog|infoinhibitor|heartbeat|.*dead[-_ ]?man'?s?[-_ ]?(?:switch|snitch).*)$/i;

/** What Grafana calls an alert whose query brought nothing, or failed. */
const blind: Readonly<Record<string, string>> = {
  DatasourceNoData: 'the query of its rule brought no data',
  DatasourceError: 'the query of its rule failed',
};

/**
 * Why an alert is no news of a service, although it has the labels of one: a heartbeat, a test, or a monitor that
 * sees nothing. Never for its text: for the names that these kinds of message have.
 * @returns undefined: it is an alert
 * @see https://grafana.com/docs/grafana/latest/alerting/fundamentals/alert-rule-evaluation/stale-alert-instances/
 */
export function whyNoAlert(
  alert: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  const name = labels['alertname'] ?? '';
  if (Object.hasOwn(blind, name)) {
    return `${name}: ${blind[name] ?? ''}; nothing is known of the service`;
  }
  const { annotations } = alert;
  const reason = isObject(annotations)
    ? annotations['grafana_state_reason']
    : undefined;
  if (typeof reason === 'string' && reason !== '') {
    return `its state comes from ${reason} and not from data; nothing is known of the service`;
  }
  if (heartbeats.test(name)) return `${name} is a heartbeat`;
  if (name === 'TestAlert' && !isRuleLink(alert['generatorURL'])) {
    return 'it is the test of a contact point';
  }
  return labels['severity'] === 'none'
    ? 'its severity is none: it asks for nothing'
    : undefined;
}

/** The test of a contact point belongs to no rule: its link has no path. */
function isRuleLink(link: unknown): boolean {
  if (typeof link !== 'string' || !URL.canParse(link)) return false;
  return new URL(link).pathname.length > 1;
}
