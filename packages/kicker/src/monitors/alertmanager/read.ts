import { errors } from '../../errors.ts';
import type { Event } from '../../events/event.ts';
import type { MessagePart } from '../../ports.ts';
import { parseInstant } from '../instants.ts';
import {
  eventPart,
  hostOf,
  ignored,
  partAt,
  refused,
  serviceOf,
  textOf,
  textsOf,
  wrongForm,
  type ReadingWorld,
} from '../message-parts.ts';
import { isObject, type Payload } from '../payload.ts';
import { whyNoAlert } from './no-alert.ts';
import type { AlertLabels } from './settings.ts';

/**
 * Reads a webhook of Alertmanager (version 4), or of Grafana Alerting, which sends the same with more. Each of `alerts`
 * stands alone: the status of the whole is firing as long as one of them fires, and common labels say nothing more.
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function readAlertmanager(
  payload: Payload,
  labels: AlertLabels,
  world: ReadingWorld,
): readonly MessagePart[] {
  const body = payload.kind === 'json' ? payload.value : undefined;
  if (!isObject(body) || !Array.isArray(body['alerts'])) {
    return wrongForm('a webhook of Alertmanager: an object with alerts');
  }
  const alerts: unknown[] = body['alerts'];
  if (alerts.length === 0) return [ignored('there is no alert in it')];
  const cut = body['truncatedAlerts'];
  const remarks =
    typeof cut === 'number' && cut > 0
      ? [
          `${String(cut)} more alerts of its group were cut off by max_alerts: nothing is known of them`,
        ]
      : [];
  return alerts.map((alert, index) =>
    partAt(
      `alerts[${String(index)}]`,
      readAlert(alert, labels, world, remarks),
    ),
  );
}

function readAlert(
  alert: unknown,
  { hostLabel, serviceLabel, severityLabel, severities }: AlertLabels,
  world: ReadingWorld,
  remarks: readonly string[],
): MessagePart {
  if (!isObject(alert)) {
    return refused(errors.payloadForm('an object for each alert'));
  }
  const labels = textsOf(alert['labels']);
  const nothing = whyNoAlert(alert, labels);
  if (nothing !== undefined) return ignored(nothing);
  const { status } = alert;
  if (status !== 'firing' && status !== 'resolved') {
    return refused(errors.payloadValue('status', status, 'firing or resolved'));
  }
  const host = hostOf(labels[hostLabel], `labels.${hostLabel}`, world, {
    isPortDropped: true,
  });
  if (host.kind === 'refused') return host.part;
  // A label without a value is no label. @see https://prometheus.io/docs/concepts/data_model/
  const named = labels[serviceLabel] === '' ? undefined : labels[serviceLabel];
  const service =
    named === undefined
      ? serviceOf(labels['alertname'], 'labels.alertname')
      : serviceOf(named, `labels.${serviceLabel}`);
  if (service.kind === 'refused') return service.part;
  const severity = labels[severityLabel] ?? '';
  const state =
    status === 'resolved'
      ? 'OK'
      : Object.hasOwn(severities, severity)
        ? severities[severity]
        : undefined;
  if (state === undefined) {
    return refused(
      errors.severityUnmapped(
        world.monitor,
        `labels.${severityLabel}`,
        labels[severityLabel],
        Object.keys(severities),
      ),
    );
  }
  const since = parseInstant(String(alert['startsAt']));
  const fingerprint = textOf(alert['fingerprint']);
  const event: Event = {
    monitor: world.monitor,
    host: host.name,
    service: service.name,
    state,
    stateType: 'HARD',
    attempt: 1,
    maxAttempts: 1,
    // One episode: the fingerprint is that of its labels, and stays the same for years.
    ...(since === undefined || fingerprint === undefined
      ? {}
      : { problem: `${fingerprint}/${since}` }),
    ...(since === undefined ? {} : { since }),
    inDowntime: false,
    labels,
  };
  return eventPart(event, { remarks });
}
