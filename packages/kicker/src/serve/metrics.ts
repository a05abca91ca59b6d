import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Kicks } from '../kicks/kicks.ts';
import type { Ledger, Log, Spool } from '../ports.ts';

/** From what a restarted Apache takes to a run of an hour, seconds. */
const runBuckets = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** What serve knows of itself, in numbers. Labels are codes of kicker's own, never a monitor's or a host's words. */
export interface Metrics {
  /** counts what the log is told */
  readonly log: Log;
  /** @returns Prometheus text, as it stands now */
  render(facts: MetricsFacts): Promise<string>;
}

/** What is looked up rather than counted. */
interface MetricsFacts {
  ledger: Pick<Ledger, 'countActions' | 'countWaiting'>;
  kicks: Pick<Kicks, 'size'>;
  spool: Pick<Spool, 'countBad'>;
  /** the fencing number of the lease */
  epoch: number;
  now: Date;
}

/** @see https://prometheus.io/docs/practices/naming/ */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ) => new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, registers });

  new Gauge({
    name: 'kicker_build_info',
    help: 'The version that runs.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const decisions = counter(
    'kicker_decisions_total',
    'Decisions by kind and code.',
    ['decision', 'code'],
  );
  const kicks = counter(
    'kicker_kicks_total',
    'Kicks that came to their end, by outcome.',
    ['outcome'],
  );
  const runSeconds = new Histogram({
    name: 'kicker_run_seconds',
    help: 'How long the runs of kicks took, as their hosts say.',
    buckets: runBuckets,
    registers,
  });
  const failedActions = counter(
    'kicker_actions_failed_total',
    'What could not be told to a monitor or a person, by kind; each try counts.',
    ['action'],
  );
  const troubles = counter(
    'kicker_troubles_total',
    'What kicker itself could not do, by code; told once a minute while it lasts.',
    ['code'],
  );
  const reloads = counter('kicker_reloads_total', 'Reloads by their result.', [
    'result',
  ]);
  for (const result of ['reloaded', 'refused']) reloads.inc({ result }, 0);
  const open = gauge('kicker_kicks_open', 'Kicks under way.');
  const waiting = gauge(
    'kicker_problems_waiting',
    'Problems that are to be decided about again.',
  );
  const actions = gauge(
    'kicker_outbox_actions',
    'What is still to be told to a monitor or a person.',
  );
  const bad = gauge(
    'kicker_events_set_aside',
    'Events in bad/ that kicker could not read.',
  );
  const lease = gauge(
    'kicker_lease_epoch',
    'The fencing number of the kicker that serves.',
  );
  const written = gauge(
    'kicker_metrics_timestamp_seconds',
    'When these numbers were written.',
  );

  return {
    log: (event, facts) => {
      switch (event) {
        case 'decided':
          decisions.inc({
            decision: word(facts['decision']),
            code: word(facts['code'] ?? 'kick'),
          });
          return;
        case 'kick-ended': {
          kicks.inc({ outcome: word(facts['outcome']) });
          const { durationMs } = facts;
          if (typeof durationMs === 'number') {
            runSeconds.observe(durationMs / 1000);
          }
          return;
        }
        case 'action-failed':
          failedActions.inc({ action: word(facts['action']) });
          return;
        case 'trouble':
        case 'kick-trouble':
        case 'action-trouble':
          troubles.inc({ code: word(facts['code']) });
          return;
        case 'reloaded':
          reloads.inc({ result: 'reloaded' });
          return;
        case 'reload-refused':
          reloads.inc({ result: 'refused' });
          return;
        default:
      }
    },
    render: (facts) => {
      open.set(facts.kicks.size);
      waiting.set(facts.ledger.countWaiting());
      actions.set(facts.ledger.countActions());
      bad.set(facts.spool.countBad().count);
      lease.set(facts.epoch);
      written.set(facts.now.getTime() / 1000);
      return registry.metrics();
    },
  };
}

/** Codes and kinds are kicker's own words; anything else would be a label without a bound. */
function word(value: unknown): string {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value)
    ? value
    : 'other';
}
