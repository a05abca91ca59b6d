import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { MonitorApi } from '../../ports.ts';
import {
  isOfAlert,
  parseRules,
  parseVector,
  rulesOf,
  type AlertRule,
  type Series,
} from './snapshot.ts';

/** Whether an alert would still fire, by the data that Prometheus has now. */
export type Looked =
  /** @param checkedMs when the data were taken, epoch milliseconds */
  | { kind: 'looked'; isFiring: boolean; checkedMs: number }
  | { kind: 'not-known'; fault?: FaultFacts };

interface Survey {
  alertingRules: number;
  /** its own time, epoch seconds */
  timeSeconds: number | undefined;
}

export interface Prometheus {
  /** What `kicker check` looks at. @returns why it cannot be asked */
  survey(signal: AbortSignal): Promise<Survey | FaultFacts>;
  look(
    labels: Readonly<Record<string, string>>,
    now: Date,
    signal: AbortSignal,
  ): Promise<Looked>;
}

/** Rules change with a reload, seldom. */
const rulesEveryMs = 60_000;

/**
 * Asks Prometheus for the expression of the rule itself. Nothing can force a scrape, but what the expression comes to is
 * known seconds after the heal, and `resolved` comes up to half a minute later.
 */
export function createPrometheus(api: MonitorApi, url: string): Prometheus {
  let rules: readonly AlertRule[] = [];
  let rulesMs = Number.NEGATIVE_INFINITY;

  async function get(
    path: string,
    signal: AbortSignal,
  ): Promise<{ value: unknown } | FaultFacts> {
    const reply = await api.ask({ method: 'GET', path }, signal);
    if (reply.kind === 'failed') return reply.fault;
    return reply.status === 200
      ? { value: reply.value }
      : errors.monitorRefused(url, path, reply.status, reply.text);
  }

  async function query(
    text: string,
    signal: AbortSignal,
  ): Promise<Series[] | FaultFacts | undefined> {
    const path = `/api/v1/query?query=${encodeURIComponent(text)}`;
    const got = await get(path, signal);
    return 'code' in got ? got : parseVector(got.value);
  }

  return {
    survey: async (signal) => {
      const got = await get('/api/v1/rules?type=alert', signal);
      if ('code' in got) return got;
      const time = await query('vector(time())', signal);
      if (time !== undefined && 'code' in time) return time;
      return {
        alertingRules: parseRules(got.value)?.length ?? 0,
        timeSeconds: time?.[0]?.value,
      };
    },
    look: async (labels, now, signal) => {
      if (now.getTime() - rulesMs > rulesEveryMs) {
        const got = await get('/api/v1/rules?type=alert', signal);
        if ('code' in got) return { kind: 'not-known', fault: got };
        const parsed = parseRules(got.value);
        if (parsed === undefined) return { kind: 'not-known' };
        rules = parsed;
        rulesMs = now.getTime();
      }
      const of = rulesOf(labels, rules);
      // The rule is gone, or was never of this Prometheus: that its alert is gone says nothing.
      if (of.length === 0) return { kind: 'not-known' };
      const checkedMs = await ageOf(labels, now, query, signal);
      if (checkedMs === undefined) return { kind: 'not-known' };
      for (const rule of of) {
        const series = await query(rule.query, signal);
        if (series === undefined) return { kind: 'not-known' };
        if ('code' in series) return { kind: 'not-known', fault: series };
        if (series.some((one) => isOfAlert(one, rule, labels))) {
          return { kind: 'looked', isFiring: true, checkedMs };
        }
      }
      return { kind: 'looked', isFiring: false, checkedMs };
    },
  };
}

/**
 * When the target of the alert was scraped last. A target that is gone makes its alerts go as well, and heals nothing.
 * @returns undefined: it is not scraped, or Prometheus cannot be asked
 */
async function ageOf(
  { instance, job }: Readonly<Record<string, string>>,
  now: Date,
  query: (
    text: string,
    signal: AbortSignal,
  ) => Promise<Series[] | FaultFacts | undefined>,
  signal: AbortSignal,
): Promise<number | undefined> {
  // Made of other things than one target: the expression is as new as the question.
  if (instance === undefined || job === undefined) return now.getTime();
  const matchers = `instance=${quote(instance)},job=${quote(job)}`;
  const series = await query(`timestamp(up{${matchers}})`, signal);
  if (series === undefined || 'code' in series || series.length === 0) {
    return undefined;
  }
  const ages = series.map(({ value }) => value * 1000);
  const oldest = Math.min(...ages);
  return Number.isFinite(oldest) ? oldest : undefined;
}

/** A text of PromQL; it has the escapes of Go, and each of JSON is one of them. */
function quote(text: string): string {
  return JSON.stringify(text);
}
