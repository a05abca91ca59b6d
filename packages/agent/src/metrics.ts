import { expirySeverity } from '@kickd/mtls';
import type { RunnerState } from './ports.ts';
import { runSecondsBounds, type RunCounts } from './run/counts.ts';
import type { Told } from './told.ts';

/** Everything that `/metrics` tells beside the counters. */
export interface MetricsFacts extends RunnerState {
  version: string;
  now: Date;
  expiries: readonly { what: string; at: string }[];
  isAclCurrent: boolean;
  /** lines of the log that nobody took in time */
  logLinesLost: number;
  /** why the audit file cannot be written; undefined: it can */
  auditFault: string | undefined;
}

/**
 * Counts what the listener tells, and writes it with the runner's counts as Prometheus text. Labels are bounded: codes, outcomes,
 * names of this host's own certificates; never a caller's words.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #refusedHandshakes = new Map<string, number>();
  readonly #turnedAway = new Map<string, number>();

  count(event: Told): void {
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
      default:
    }
  }

  render(facts: MetricsFacts): string {
    const { counts } = facts;
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
      map: Iterable<[string, number]>,
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
      counted(Object.entries(counts.kicks), 'joined'),
    );
    add(
      'kickd_runs_total',
      'counter',
      'Runs ended, by outcome.',
      counted(Object.entries(counts.runs), 'outcome'),
    );
    add(
      'kickd_probes_total',
      'counter',
      'Answers of probes, by when they were asked; anything but green lets the run go ahead.',
      Object.entries(counts.probes ?? {}).map(([key, count]) => {
        const [when = '', answer = ''] = key.split(' ');
        return [{ when, answer }, count];
      }),
    );
    lines.push(...histogram(counts));
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
      'kickd_log_lines_lost_total',
      'counter',
      'Lines of the log that nobody took in time; the audit file has them.',
      [[{}, facts.logLinesLost]],
    );
    add(
      'kickd_audit_ok',
      'gauge',
      '0 while the audit file cannot be written, so that no kick is taken.',
      [[{}, facts.auditFault === undefined ? 1 : 0]],
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
    add(
      'kickd_expiry_level',
      'gauge',
      'How near that is: 0 far, 1 within 30 days, 2 within 7, 3 within one, 4 past.',
      facts.expiries.map(({ what, at }) => [
        { what },
        expirySeverity(at, facts.now),
      ]),
    );
    if (counts.lastGoodSeconds !== undefined) {
      add(
        'kickd_last_good_run_timestamp_seconds',
        'gauge',
        'When a run last ended unchanged or corrected.',
        [[{}, counts.lastGoodSeconds]],
      );
    }
    return `${lines.join('\n')}\n`;
  }
}

function histogram({ buckets, seconds, timed }: RunCounts): string[] {
  const name = 'kickd_run_seconds';
  return [
    `# HELP ${name} How long runs took.`,
    `# TYPE ${name} histogram`,
    ...runSecondsBounds.map(
      (bound, index) =>
        `${name}_bucket{le="${String(bound)}"} ${String(buckets[index] ?? 0)}`,
    ),
    `${name}_bucket{le="+Inf"} ${String(timed)}`,
    `${name}_sum ${String(seconds)}`,
    `${name}_count ${String(timed)}`,
  ];
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
