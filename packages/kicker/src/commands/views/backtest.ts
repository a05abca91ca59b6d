import { printable } from '@kickd/protocol';
import { backtestThrough } from '../../backtest-through.ts';
import { showMs } from '../../decide/finding.ts';
import { subjectOf } from '../../events/event.ts';
import { shownName } from '../../events/name-bytes.ts';
import { formOfLine } from '../../monitors/nagios/log-form.ts';
import type { OldFlag } from '../../rehearse/log-state.ts';
import type { Replayed } from '../../rehearse/replay.ts';
import type { ServiceTally, Tally } from '../../rehearse/tally.ts';
import type { Difference, ReplayedLogs } from '../replay-logs.ts';
import { viewOfAll } from './view.ts';

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

type RecordOf<Kind extends BacktestRecord['kind']> = Extract<
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
  const { log, path, line } = firstBroken;
  const form = formOfLine(line);
  return {
    firstBroken: {
      log,
      line: printable(shownName(line)),
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

/** How many services the table shows, unless all are asked for. */
const servicesMost = 20;
/** How many flags that never end are named. */
const flagsMost = 10;

export const backtestView = viewOfAll<BacktestRecord>((records, given) => {
  const total = ofKind(records, 'total')[0];
  if (total === undefined) return [];
  const services = ofKind(records, 'service');
  const shown =
    given.flag('all') === true ? services : services.slice(0, servicesMost);
  return [
    ...headLines(total),
    ...oddLines(total, ofKind(records, 'old-flag')),
    '',
    ...tableOf(shown),
    ...(shown.length < services.length
      ? [`… and ${services.length - shown.length} services more: --all`]
      : []),
    ...differenceLines(total, records),
    '',
    ...total.assumed.map((text) => `assumed: ${text}`),
  ];
});

function ofKind<Kind extends BacktestRecord['kind']>(
  records: readonly BacktestRecord[],
  kind: Kind,
): RecordOf<Kind>[] {
  const isOfKind = (record: BacktestRecord): record is RecordOf<Kind> =>
    record.kind === kind;
  return records.filter(isOfKind);
}

function headLines(total: RecordOf<'total'>): string[] {
  const { files, lines, broken, from, to } = total;
  const alerts = (total.items['alert'] ?? 0) - total.uncalled;
  const codes = Object.entries(total.codes)
    .filter(([code]) => code !== 'not-a-problem' && code !== 'joined')
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${number(count)}`);
  const storms = Object.entries(total.storms).map(
    ([group, count]) => `${printable(group)} ${count}`,
  );
  return [
    `${files} ${files === 1 ? 'file' : 'files'}, ${dayOf(from)} to ${dayOf(to)}: ${number(lines)} lines, ${number(alerts)} alerts, ${number(broken)} lines not understood`,
    `rules: ${printable(total.rules)}`,
    `kicks ${number(total.kicks)}, green within the window ${number(total.healed)}, joined ${number(total.joined)}, pages ${number(total.pages)}`,
    `no kick: ${codes.length === 0 ? 'never' : codes.join(', ')}`,
    `storms: ${storms.length === 0 ? 'none' : storms.join(', ')}`,
  ];
}

/** What a reader should know of the logs before the figures are believed. */
function oddLines(
  total: RecordOf<'total'>,
  oldFlags: readonly RecordOf<'old-flag'>[],
): string[] {
  const { firstBroken, repeated, uncalled, strayTimes, setBack } = total;
  const said: string[] = [];
  if (firstBroken !== undefined) {
    const { log, line, form } = firstBroken;
    said.push(
      `not understood: the first such line, of ${printable(log)}: ${printable(line, 120)}`,
    );
    if (form !== undefined) {
      said.push(`  its time is ${form.what}; type: ${form.fix}`);
    }
  }
  if (repeated > 0) {
    said.push(
      `${number(repeated)} lines were there already, in the same second: each counts once`,
    );
  }
  if (uncalled > 0) {
    said.push(
      `${number(uncalled)} alerts more called no event handler: the same HARD state with another output (stalking)`,
    );
  }
  if (strayTimes > 0) {
    said.push(
      `${number(strayTimes)} lines have a time far from that of the lines around them, and were taken to be of theirs; the first: ${printable(total.firstStrayTime ?? '', 120)}`,
    );
  }
  if (setBack > 0) {
    said.push(
      `the time in the logs went back ${number(setBack)} times, by ${showMs(total.mostBackMs)} at most; name each log by itself, so that they are merged by time`,
    );
  }
  return [
    ...said,
    ...oldFlags
      .slice(0, flagsMost)
      .map(
        (flag) =>
          `${printable(subjectOf(flag), 60)} is ${flagWords[flag.flag]} since ${dayOf(flag.since)}, and the log tells no end of it: ${number(flag.alerts)} alerts met it after more than 3 days`,
      ),
    ...(oldFlags.length > flagsMost
      ? [`… and ${number(oldFlags.length - flagsMost)} more: --json`]
      : []),
  ];
}

const flagWords: Record<OldFlag['flag'], string> = {
  downtime: 'in downtime',
  flapping: 'flapping',
};

function tableOf(services: readonly ServiceTally[]): string[] {
  const columns = [
    'alerts',
    'kicks',
    'green',
    'joined',
    'refused',
    'waited',
    'pages',
  ];
  const names = services.map((service) => printable(subjectOf(service), 60));
  const width = Math.max(7, ...names.map((name) => name.length));
  const row = (name: string, values: readonly (string | number)[]): string =>
    [
      name.padEnd(width),
      ...values.map((value) => String(value).padStart(8)),
    ].join('');
  return [
    row('service', columns),
    ...services.map((one, index) =>
      row(names[index] ?? '', [
        one.alerts,
        one.kicks,
        one.healed,
        one.joined,
        one.refused,
        one.waited,
        one.pages,
      ]),
    ),
  ];
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

function differenceLines(
  total: RecordOf<'total'>,
  records: readonly BacktestRecord[],
): string[] {
  const other = ofKind(records, 'against')[0];
  if (other === undefined) return [];
  return [
    '',
    `against ${printable(other.rules)}: kicks ${total.kicks} instead of ${other.kicks}; ${other.differing} alerts decided otherwise`,
    ...ofKind(records, 'changed')
      .slice(0, servicesMost)
      .map(
        (one) =>
          `  ${printable(subjectOf(one), 60)}: kicks ${one.kicks} instead of ${one.otherKicks}`,
      ),
    ...ofKind(records, 'difference').map(
      ({ at, event, ours, theirs }) =>
        `  ${at} ${printable(subjectOf(event), 60)} ${event.state} ${event.stateType} ${event.attempt}: ${ours} instead of ${theirs}`,
    ),
  ];
}

/** A log does not say all that a live event does: what stands in for it. */
function assumptions({
  runSeconds,
  hasGroups,
  hasObjects,
}: BacktestReport): string[] {
  return [
    `every kick gets through, and its run lasts ${runSeconds} s`,
    'a run helped where the log shows the service green within verifySeconds after it, though nothing was kicked then',
    hasObjects
      ? 'max_check_attempts and is_volatile of each service were always as they are now'
      : 'the most attempts of a service are those of its last problem that became HARD while its host was up (--objects FILE tells them)',
    hasGroups
      ? 'host groups were always as they are now'
      : 'host groups are not known: the share is that of all hosts, by guards.share.hostsOfUnknown (--objects FILE names them)',
  ];
}

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

function number(value: number): string {
  return value.toLocaleString('en');
}

function dayOf(at: string): string {
  return at.slice(0, 10);
}
