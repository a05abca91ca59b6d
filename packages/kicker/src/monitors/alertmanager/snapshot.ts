import { isObject } from '../payload.ts';
import { textsOf } from '../message-parts.ts';

/** One alert as Alertmanager's API has it. */
export interface Alert {
  fingerprint: string;
  startsAt: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  generatorURL: string;
  receivers: readonly string[];
  silencedBy: readonly string[];
  inhibitedBy: readonly string[];
}

/** Every alert that fires now, by its fingerprint. */
export type Alerts = ReadonlyMap<string, Alert>;

/**
 * Reads `GET /api/v2/alerts`.
 * @returns undefined: it is no such answer; an alert that cannot be read counts as not there
 */
export function parseAlerts(value: unknown): Alerts | undefined {
  if (!Array.isArray(value)) return undefined;
  const alerts = new Map<string, Alert>();
  for (const one of value) {
    if (!isObject(one)) continue;
    const { fingerprint, startsAt, generatorURL, status } = one;
    if (typeof fingerprint !== 'string' || typeof startsAt !== 'string') {
      continue;
    }
    const by = isObject(status) ? status : {};
    alerts.set(fingerprint, {
      fingerprint,
      startsAt,
      labels: textsOf(one['labels']),
      annotations: textsOf(one['annotations']),
      generatorURL: typeof generatorURL === 'string' ? generatorURL : '',
      receivers: (Array.isArray(one['receivers']) ? one['receivers'] : [])
        .map((receiver: unknown) =>
          isObject(receiver) ? receiver['name'] : undefined,
        )
        .filter((name) => typeof name === 'string'),
      silencedBy: textsIn(by['silencedBy']),
      inhibitedBy: textsIn(by['inhibitedBy']),
    });
  }
  return alerts;
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((text): text is string => typeof text === 'string')
    : [];
}

/** One alerting rule of Prometheus. */
export interface AlertRule {
  name: string;
  query: string;
  labels: Readonly<Record<string, string>>;
}

/** Reads `GET /api/v1/rules?type=alert`. @returns undefined: it is no such answer */
export function parseRules(value: unknown): AlertRule[] | undefined {
  const data = isObject(value) ? value['data'] : undefined;
  const groups = isObject(data) ? data['groups'] : undefined;
  if (!Array.isArray(groups)) return undefined;
  return groups.flatMap((group: unknown) => {
    const rules = isObject(group) ? group['rules'] : undefined;
    return (Array.isArray(rules) ? rules : []).flatMap((rule: unknown) =>
      isObject(rule) &&
      typeof rule['name'] === 'string' &&
      typeof rule['query'] === 'string'
        ? [
            {
              name: rule['name'],
              query: rule['query'],
              labels: textsOf(rule['labels']),
            },
          ]
        : [],
    );
  });
}

/** One series of an instant query. */
export interface Series {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Reads `GET /api/v1/query` of a vector. @returns undefined: it is no such answer */
export function parseVector(value: unknown): Series[] | undefined {
  const data = isObject(value) ? value['data'] : undefined;
  if (!isObject(data) || data['resultType'] !== 'vector') return undefined;
  const { result } = data;
  if (!Array.isArray(result)) return undefined;
  return result.flatMap((series: unknown) => {
    if (!isObject(series) || !Array.isArray(series['value'])) return [];
    const [, text] = series['value'] as unknown[];
    return [{ labels: textsOf(series['metric']), value: Number(text) }];
  });
}

/** The rules that may have made an alert: of its name, and with no label that it has otherwise. */
export function rulesOf(
  labels: Readonly<Record<string, string>>,
  rules: readonly AlertRule[],
): AlertRule[] {
  return rules.filter(
    (rule) =>
      rule.name === labels['alertname'] &&
      Object.entries(rule.labels).every(
        // A label with a template in it is filled in.
        ([name, value]) => value.includes('{{') || labels[name] === value,
      ),
  );
}

/**
 * Whether a series of the expression of a rule is the one that the alert was made of: the alert has its labels, but for
 * those that the rule itself sets.
 */
export function isOfAlert(
  series: Pick<Series, 'labels'>,
  rule: AlertRule,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(series.labels).every(
    ([name, value]) =>
      name === '__name__' ||
      Object.hasOwn(rule.labels, name) ||
      labels[name] === value,
  );
}
