import { printable } from '@kickd/protocol';
import { backtestThrough } from '../backtest-through.ts';
import { shownName } from '../events/name-bytes.ts';
import type { HistoryForm } from '../monitors/history-form.ts';
import { formOfLine } from '../monitors/nagios/log-form.ts';
import type { OldFlag } from '../rehearse/past-state.ts';
import type { Replayed } from '../rehearse/replay.ts';
import type { ServiceTally, Tally } from '../rehearse/tally.ts';
import type { Difference, ReplayedLogs } from './replay-logs.ts';

/** What the replay of one set of rules came to. */
type Sum = Pick<Tally, 'services' | 'codes' | 'storms'>;

type ReplayedSum = Pick<Replayed, 'uncalled' | 'oldFlags'> & { tally: Sum };

export interface BacktestReport extends Omit<
  ReplayedLogs,
  'replayed' | 'other'
> {
  replayed: ReplayedSum;
  other: ReplayedSum | undefined;
  files: number;
  form: HistoryForm;
  rules: string;
  against?: string;
  runSeconds: number;
  hasGroups: boolean;
  hasObjects: boolean;
}

type Sums = ReturnType<typeof sumOf>;

/** What is reported of a backtest: the total, each service, and what other rules would have done. */
export type BacktestRecord =
  | ({
      kind: 'total';
      files: number;
      form: HistoryForm;
      /** ISO 8601 */
      from: string;
      to: string;
      lines: number;
      broken: number;
      /** the first line that was not understood; `fix`: what reads it, where its form is known */
      firstBroken?: {
        log: string;
        line: string;
        form?: { what: string; fix: string };
        /** why it cannot be used, where it was read */
        why?: string;
      };
      /** lines that were there already, in the same second */
      repeated: number;
      /** alerts that called no event handler: stalking */
      uncalled: number;
      /** lines with a time far from that of the lines around them, and the first of them */
      strayTimes: number;
      firstStrayTime?: string;
      /** how often the time went back, and by how much at most, milliseconds */
      setBack: number;
      mostBackMs: number;
      items: Readonly<Record<string, number>>;
      rules: string;
      codes: Readonly<Record<string, number>>;
      storms: Readonly<Record<string, number>>;
      assumed: readonly string[];
    } & Sums)
  | ({ kind: 'old-flag'; since: string } & Omit<OldFlag, 'sinceMs'>)
  | ({ kind: 'service' } & ServiceTally)
  | ({ kind: 'against'; rules: string; differing: number } & Sums)
  | ({ kind: 'changed' } & Changed)
  | ({ kind: 'difference'; at: string } & Omit<Difference, 'atMs'>);

export type RecordOf<Kind extends BacktestRecord['kind']> = Extract<
  BacktestRecord,
  { kind: Kind }
>;

/** The service that was kicked most comes first. */
export function recordsOf(report: BacktestReport): BacktestRecord[] {
  const { replayed, other, against = '', differences, odd } = report;
  const { tally, uncalled, oldFlags } = replayed;
  const services = [...tally.services.values()].toSorted(
    (a, b) => b.kicks - a.kicks || b.alerts - a.alerts,
  );
  return [
    {
      kind: 'total',
      files: report.files,
      form: report.form,
      from: new Date(report.fromMs).toISOString(),
      to: new Date(report.toMs).toISOString(),
      lines: report.lines,
      broken: report.broken,
      ...firstBrokenOf(report),
      repeated: report.repeated,
      uncalled,
      strayTimes: odd.stray,
      ...(odd.firstStray === undefined
        ? {}
        : { firstStrayTime: printable(shownName(odd.firstStray)) }),
      setBack: odd.setBack,
      mostBackMs: odd.mostBackMs,
      items: Object.fromEntries(report.items),
      rules: report.rules,
      ...sumOf(tally),
      codes: Object.fromEntries(tally.codes),
      storms: Object.fromEntries(tally.storms),
      assumed: assumptions(report),
    },
    ...oldFlags.map(({ sinceMs, ...flag }) => ({
      kind: 'old-flag' as const,
      ...flag,
      since: new Date(sinceMs).toISOString(),
    })),
    ...services.map((service) => ({ kind: 'service' as const, ...service })),
    ...(other === undefined
      ? []
      : [
          {
            kind: 'against' as const,
            rules: against,
            ...sumOf(other.tally),
            differing: report.differing,
          },
          ...changedOf(report).map((one) => ({
            kind: 'changed' as const,
            ...one,
          })),
          ...differences.map(({ atMs, ...rest }) => ({
            kind: 'difference' as const,
            at: new Date(atMs).toISOString(),
            ...rest,
          })),
        ]),
  ];
}

function firstBrokenOf({
  firstBroken,
}: BacktestReport): Pick<RecordOf<'total'>, 'firstBroken'> {
  if (firstBroken === undefined) return {};
  const { log, path, line, why } = firstBroken;
  const form = formOfLine(line);
  return {
    firstBroken: {
      log,
      line: printable(shownName(line)),
      ...(why === undefined ? {} : { why: printable(why) }),
      ...(form === undefined
        ? {}
        : {
            form: {
              what: form.what,
              fix: backtestThrough(form.converter, path),
            },
          }),
    },
  };
}

interface Changed {
  host: string;
  service: string;
  kicks: number;
  otherKicks: number;
}

/** Services that would be kicked more or less often, the largest change first. */
function changedOf({ replayed, other }: BacktestReport): Changed[] {
  if (other === undefined) return [];
  return [...replayed.tally.services]
    .map(([key, { host, service, kicks }]) => ({
      host,
      service,
      kicks,
      otherKicks: other.tally.services.get(key)?.kicks ?? 0,
    }))
    .filter(({ kicks, otherKicks }) => kicks !== otherKicks)
    .toSorted(
      (a, b) =>
        Math.abs(b.kicks - b.otherKicks) - Math.abs(a.kicks - a.otherKicks),
    );
}

/** A log does not say all that a live event does: what stands in for it. */
function assumptions({
  runSeconds,
  hasGroups,
  hasObjects,
  form,
}: BacktestReport): string[] {
  const always = [
    `every kick gets through, and its run lasts ${runSeconds} s`,
    'a run helped where the log shows the service green within verifySeconds after it, though nothing was kicked then',
  ];
  if (form !== 'nagios') return [...always, ...assumedOf[form]];
  return [
    ...always,
    hasObjects
      ? 'max_check_attempts and is_volatile of each service were always as they are now'
      : 'the most attempts of a service are those of its last problem that became HARD while its host was up (--objects FILE tells them)',
    hasGroups
      ? 'host groups were always as they are now'
      : 'host groups are not known: the share is that of all hosts, by guards.share.hostsOfUnknown (--objects FILE names them)',
  ];
}

const assumedOf: Record<Exclude<HistoryForm, 'nagios'>, readonly string[]> = {
  'icinga2-events': [
    'host groups are not known: the share is that of all hosts, by guards.share.hostsOfUnknown',
    'nothing happened while the stream was not saved',
  ],
  'icinga2-log': [
    'host groups are not known: the share is that of all hosts, by guards.share.hostsOfUnknown',
    'each acknowledgement is by a person: the log does not say whose it is',
  ],
  prometheus: [
    'an alert fires from its first point to one step after its last, and is told at once, whichever receiver it goes to',
    'nothing was silenced or inhibited: Prometheus does not know',
  ],
  alertmanager: [
    'each alert has fired since its startsAt and fires on, and nothing else fired: it is a list of one moment',
    'each alert counts, whichever receiver it goes to',
  ],
};

function sumOf({ services }: Pick<Sum, 'services'>) {
  const total = {
    kicks: 0,
    healed: 0,
    joined: 0,
    refused: 0,
    waited: 0,
    pages: 0,
  };
  for (const one of services.values()) {
    total.kicks += one.kicks;
    total.healed += one.healed;
    total.joined += one.joined;
    total.refused += one.refused;
    total.waited += one.waited;
    total.pages += one.pages;
  }
  return total;
}
