import { printable } from '@kickd/protocol';
import type { ServiceTally, Tally } from '../../rehearse/tally.ts';
import { subjectOf, type Event } from '../../events/event.ts';
import { viewOfAll } from './view.ts';

/** One alert on which two sets of rules do not agree. */
export interface Difference {
  atMs: number;
  event: Event;
  ours: string;
  theirs: string;
}

/** What the replay of one set of rules came to. */
type Sum = Pick<Tally, 'services' | 'codes' | 'storms'>;

export interface BacktestReport {
  files: number;
  lines: number;
  /** lines that Nagios never wrote, or only in part */
  broken: number;
  /** lines of each kind */
  items: Map<string, number>;
  fromMs: number;
  toMs: number;
  rules: string;
  tally: Sum;
  against?: string;
  other: Sum | undefined;
  /** alerts on which they differ, and the first of these */
  differing: number;
  differences: readonly Difference[];
  runSeconds: number;
  hasGroups: boolean;
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
      items: Readonly<Record<string, number>>;
      rules: string;
      codes: Readonly<Record<string, number>>;
      storms: Readonly<Record<string, number>>;
      assumed: readonly string[];
    } & Sums)
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
  const { tally, other, against = '', differences } = report;
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
      items: Object.fromEntries(report.items),
      rules: report.rules,
      ...sumOf(tally),
      codes: Object.fromEntries(tally.codes),
      storms: Object.fromEntries(tally.storms),
      assumed: assumptions(report),
    },
    ...services.map((service) => ({ kind: 'service' as const, ...service })),
    ...(other === undefined
      ? []
      : [
          {
            kind: 'against' as const,
            rules: against,
            ...sumOf(other),
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

/** How many services the table shows, unless all are asked for. */
const servicesMost = 20;

export const backtestView = viewOfAll<BacktestRecord>((records, given) => {
  const total = ofKind(records, 'total')[0];
  if (total === undefined) return [];
  const services = ofKind(records, 'service');
  const shown =
    given.flag('all') === true ? services : services.slice(0, servicesMost);
  return [
    ...headLines(total),
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
  const number = (value: number): string => value.toLocaleString('en');
  const codes = Object.entries(total.codes)
    .filter(([code]) => code !== 'not-a-problem' && code !== 'joined')
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${number(count)}`);
  const storms = Object.entries(total.storms).map(
    ([group, count]) => `${printable(group)} ${count}`,
  );
  return [
    `${files} ${files === 1 ? 'file' : 'files'}, ${dayOf(from)} to ${dayOf(to)}: ${number(lines)} lines, ${number(total.items['alert'] ?? 0)} alerts, ${number(broken)} lines not understood`,
    `rules: ${printable(total.rules)}`,
    `kicks ${number(total.kicks)}, green within the window ${number(total.healed)}, joined ${number(total.joined)}, pages ${number(total.pages)}`,
    `no kick: ${codes.length === 0 ? 'never' : codes.join(', ')}`,
    `storms: ${storms.length === 0 ? 'none' : storms.join(', ')}`,
  ];
}

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
function changedOf({ tally, other }: BacktestReport): Changed[] {
  if (other === undefined) return [];
  return [...tally.services]
    .map(([key, { host, service, kicks }]) => ({
      host,
      service,
      kicks,
      otherKicks: other.services.get(key)?.kicks ?? 0,
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
function assumptions({ runSeconds, hasGroups }: BacktestReport): string[] {
  return [
    `every kick gets through, and its run lasts ${runSeconds} s`,
    'a run helped where the log shows the service green within verifySeconds after it, though nothing was kicked then',
    'the most attempts of a service are those of its last HARD problem in the log',
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

function dayOf(at: string): string {
  return at.slice(0, 10);
}
