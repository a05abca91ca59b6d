import { printable } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { CheckStep, MonitorApi } from '../../ports.ts';
import { failed, passed } from '../../steps.ts';
import { isObject } from '../payload.ts';
import type { Prometheus } from './prometheus.ts';

export async function* checkAlertmanager(
  api: MonitorApi,
  url: string,
  receiver: string,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const reply = await api.ask(
    { method: 'GET', path: '/api/v2/status' },
    signal,
  );
  if (reply.kind === 'failed') {
    yield failed('alertmanager', reply.fault);
    return;
  }
  if (reply.status !== 200 || !isObject(reply.value)) {
    yield failed(
      'alertmanager',
      errors.monitorRefused(url, '/api/v2/status', reply.status, reply.text),
    );
    return;
  }
  const version = isObject(reply.value['versionInfo'])
    ? String(reply.value['versionInfo']['version'])
    : 'unknown';
  yield passed('alertmanager', `${url}, version ${printable(version, 40)}`);
  const receivers = await api.ask(
    { method: 'GET', path: '/api/v2/receivers' },
    signal,
  );
  if (receivers.kind === 'failed' || !Array.isArray(receivers.value)) return;
  const names = receivers.value.flatMap((one: unknown) =>
    isObject(one) && typeof one['name'] === 'string' ? [one['name']] : [],
  );
  yield names.includes(receiver)
    ? passed('receiver', `${receiver} is configured there`)
    : {
        step: 'receiver',
        ok: false,
        code: 'RECEIVER_UNKNOWN',
        text: `there is no receiver ${receiver}; there are: ${printable(names.join(', '), 200)}`,
        remedy:
          'write its name into kicker.yaml, monitors.NAME.receiver, or add it as deploy/alertmanager has it',
      };
}

export async function* checkPrometheus(
  prometheus: Prometheus,
  url: string,
  now: Date,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const survey = await prometheus.survey(signal);
  if ('code' in survey) {
    yield failed('prometheus', survey);
    return;
  }
  const { alertingRules, timeSeconds } = survey;
  yield alertingRules > 0
    ? passed('prometheus', `${url}, alerting rules: ${String(alertingRules)}`)
    : failed('prometheus', errors.prometheusRules(url));
  if (timeSeconds === undefined) return;
  const ahead = Math.round(timeSeconds - now.getTime() / 1000);
  yield Math.abs(ahead) > clockMostSeconds
    ? failed('clock', errors.prometheusClock(ahead))
    : passed('clock', 'it has the same time');
}

/** Whether a value is from after the run, two clocks say. */
const clockMostSeconds = 5;
