import { printable } from '@kickd/protocol';
import type { ServiceTally, Tally } from '../../rehearse/tally.ts';
import { subjectOf, type Event } from '../../events/event.ts';
import { toJsonLine } from '../kick-result.ts';

/** One alert on which two sets of rules do not agree. */
export interface Difference {
  atMs: number;
  event: Event;
  ours: string;
  theirs: string;
}

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
  tally: Tally;
  against?: string;
  other: Tally | undefined;
  /** alerts on which they differ, and the first of these */
  differing: number;
  differences: readonly Difference[];
  runSeconds: number;
  hasGroups: boolean;
}

/** How many services the table shows, unless all are asked for. */
const servicesMost = 20;

export function linesOfReport(
  report: BacktestReport,
  { isJson, isAll }: { isJson: boolean; isAll: boolean },
): string[] {
  const services = [...report.tally.services.values()].toSorted(
    (a, b) => b.kicks - a.kicks || b.alerts - a.alerts,
  );
  const changed = changedOf(report);
  if (isJson) return jsonLines(report, services, changed);
  const shown = isAll ? services : services.slice(0, servicesMost);
  return [
    ...headLines(report),
    '',
    ...tableOf(shown),
    ...(shown.length < services.length
      ? [`… and ${services.length - shown.length} services more: --all`]
      : []),
    ...(report.other === undefined ? [] : differenceLines(report, changed)),
    '',
    ...assumptions(report).map((text) => `assumed: ${text}`),
  ];
}

function headLines(report: BacktestReport): string[] {
  const { tally, items, lines, broken, fromMs, toMs } = report;
  const total = sumOf(tally);
  const number = (value: number): string => value.toLocaleString('en');
  const codes = [...tally.codes]
    .filter(([code]) => code !== 'not-a-problem' && code !== 'joined')
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${number(count)}`);
  const storms = [...tally.storms].map(
    ([group, count]) => `${printable(group)} ${count}`,
  );
  return [
    `${report.files} ${report.files === 1 ? 'file' : 'files'}, ${dayOf(fromMs)} to ${dayOf(toMs)}: ${number(lines)} lines, ${number(items.get('alert') ?? 0)} alerts, ${number(broken)} lines not understood`,
    `rules: ${printable(report.rules)}`,
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
  report: BacktestReport,
  changed: readonly Changed[],
): string[] {
  const { other, against = '', differing, differences } = report;
  if (other === undefined) return [];
  return [
    '',
    `against ${printable(against)}: kicks ${sumOf(report.tally).kicks} instead of ${sumOf(other).kicks}; ${differing} alerts decided otherwise`,
    ...changed
      .slice(0, servicesMost)
      .map(
        (one) =>
          `  ${printable(subjectOf(one), 60)}: kicks ${one.kicks} instead of ${one.otherKicks}`,
      ),
    ...differences.map(
      ({ atMs, event, ours, theirs }) =>
        `  ${new Date(atMs).toISOString()} ${printable(subjectOf(event), 60)} ${event.state} ${event.stateType} ${event.attempt}: ${ours} instead of ${theirs}`,
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

function jsonLines(
  report: BacktestReport,
  services: readonly ServiceTally[],
  changed: readonly Changed[],
): string[] {
  const { tally, other, against, differences } = report;
  const line = (value: object): string => toJsonLine({ version: 1, ...value });
  return [
    line({
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
    }),
    ...services.map((service) => line({ kind: 'service', ...service })),
    ...(other === undefined
      ? []
      : [
          line({
            kind: 'against',
            rules: against,
            ...sumOf(other),
            differing: report.differing,
          }),
          ...changed.map((one) => line({ kind: 'changed', ...one })),
          ...differences.map(({ atMs, ...rest }) =>
            line({
              kind: 'difference',
              at: new Date(atMs).toISOString(),
              ...rest,
            }),
          ),
        ]),
  ];
}

function sumOf({ services }: Tally) {
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

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
