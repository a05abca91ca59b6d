import type { OutcomeKind } from '@kickd/protocol';
import type { RunnerState } from './ports.ts';
import type { Told } from './told.ts';

/** Upper bounds of the histogram of runs, in seconds: a repair takes seconds, a first run minutes. */
const bucketBounds = [1, 2, 5, 10, 20, 60, 120, 300, 900];

const outcomes: readonly OutcomeKind[] = [
  'unchanged',
  'corrected',
  'partly',
  'failed',
  'timed-out',
  'cancelled',
  'refused',
  'lost',
  'not-started',
];

/** Everything that `/metrics` tells beside the counters. */
export interface MetricsFacts extends RunnerState {
  version: string;
  expiries: readonly { what: string; at: string }[];
  isAclCurrent: boolean;
}

/**
 * Counts what kickd tells, and writes it as Prometheus text. Labels are bounded: codes, outcomes,
 * names of this host's own certificates; never a caller's words.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #refusedHandshakes = new Map<string, number>();
  readonly #turnedAway = new Map<string, number>();
  readonly #kicks = new Map<string, number>();
  readonly #runs = new Map<string, number>(outcomes.map((kind) => [kind, 0]));
  readonly #buckets = bucketBounds.map(() => 0);
  #runSeconds = 0;
  #runCount = 0;
  #lastGoodSeconds: number | undefined;

  /** @param nowSeconds since the epoch */
  count(event: Told, nowSeconds: number): void {
    switch (event.event) {
      case 'request':
        increase(this.#requests, event.code ?? 'ok');
        return;
      case 'handshake-refused':
      case 'handshake-failed':
        increase(this.#refusedHandshakes, event.code);
        return;
      case 'connection-refused':
        increase(this.#turnedAway, event.code, event.count);
        return;
      case 'run-accepted':
        increase(this.#kicks, event.how);
        return;
      case 'run-ended': {
        const { kind } = event.outcome;
        increase(this.#runs, kind);
        if (kind === 'corrected' || kind === 'unchanged') {
          this.#lastGoodSeconds = nowSeconds;
        }
        if (event.durationMs !== undefined)
          this.#observe(event.durationMs / 1000);
        return;
      }
      default:
    }
  }

  render(facts: MetricsFacts): string {
    const lines: string[] = [];
    const add = (
      name: string,
      type: 'counter' | 'gauge',
      help: string,
      samples: [labels: Record<string, string>, value: number][],
    ): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of samples) {
        lines.push(`${name}${labelText(labels)} ${String(value)}`);
      }
    };
    const counted = (
      map: ReadonlyMap<string, number>,
      label: string,
    ): [Record<string, string>, number][] =>
      [...map].map(([value, count]) => [{ [label]: value }, count]);

    add('kickd_build_info', 'gauge', 'The version that runs.', [
      [{ version: facts.version }, 1],
    ]);
    add(
      'kickd_requests_total',
      'counter',
      'Requests by their code; ok: served.',
      counted(this.#requests, 'code'),
    );
    add(
      'kickd_handshakes_refused_total',
      'counter',
      'Handshakes that came to nothing, by their code.',
      counted(this.#refusedHandshakes, 'code'),
    );
    add(
      'kickd_connections_refused_total',
      'counter',
      'Connections turned away before TLS, by their code.',
      counted(this.#turnedAway, 'code'),
    );
    add(
      'kickd_kicks_total',
      'counter',
      'Kicks taken, by how they came to their run.',
      counted(this.#kicks, 'joined'),
    );
    add(
      'kickd_runs_total',
      'counter',
      'Runs ended, by outcome.',
      counted(this.#runs, 'outcome'),
    );
    lines.push(...this.#histogram());
    add('kickd_run_in_progress', 'gauge', '1 while a run is in progress.', [
      [{}, facts.current === undefined ? 0 : 1],
    ]);
    add(
      'kickd_disabled',
      'gauge',
      '1 while an administrator keeps the tool disabled.',
      [[{}, facts.disabled === undefined ? 0 : 1]],
    );
    add('kickd_frozen', 'gauge', '1 while the freeze file is there.', [
      [{}, facts.frozen === undefined ? 0 : 1],
    ]);
    add(
      'kickd_journal_ok',
      'gauge',
      '0 while the journal cannot be written, so that no kick is taken.',
      [[{}, facts.journalFault === undefined ? 1 : 0]],
    );
    add(
      'kickd_acl_current',
      'gauge',
      '0 while the access rules in the file are not the ones in force.',
      [[{}, facts.isAclCurrent ? 1 : 0]],
    );
    add(
      'kickd_expiry_timestamp_seconds',
      'gauge',
      'When a certificate, a CA or a CRL expires.',
      facts.expiries.map(({ what, at }) => [{ what }, Date.parse(at) / 1000]),
    );
    if (this.#lastGoodSeconds !== undefined) {
      add(
        'kickd_last_good_run_timestamp_seconds',
        'gauge',
        'When a run last ended unchanged or corrected.',
        [[{}, this.#lastGoodSeconds]],
      );
    }
    return `${lines.join('\n')}\n`;
  }

  #observe(seconds: number): void {
    this.#runSeconds += seconds;
    this.#runCount += 1;
    bucketBounds.forEach((bound, index) => {
      if (seconds <= bound)
        this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    });
  }

  #histogram(): string[] {
    const name = 'kickd_run_seconds';
    const buckets = bucketBounds.map(
      (bound, index) =>
        `${name}_bucket{le="${String(bound)}"} ${String(this.#buckets[index] ?? 0)}`,
    );
    return [
      `# HELP ${name} How long runs took.`,
      `# TYPE ${name} histogram`,
      ...buckets,
      `${name}_bucket{le="+Inf"} ${String(this.#runCount)}`,
      `${name}_sum ${String(this.#runSeconds)}`,
      `${name}_count ${String(this.#runCount)}`,
    ];
  }
}

function increase(map: Map<string, number>, key: string, by = 1): void {
  map.set(key, (map.get(key) ?? 0) + by);
}

function labelText(labels: Record<string, string>): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, '\\$&')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
