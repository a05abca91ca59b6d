import { printable } from '@kickd/protocol';
import { backtestThrough } from '../../backtest-through.ts';
import { showMs } from '../../decide/finding.ts';
import { subjectOf } from '../../events/event.ts';
import { shownName } from '../../events/name-bytes.ts';
import { formOfLine } from '../../monitors/nagios/log-form.ts';
import type { OldFlag } from '../../rehearse/log-state.ts';
import type { ServiceTally, Tally } from '../../rehearse/tally.ts';
import { toJsonLine } from '../kick-result.ts';
import type { ReplayedLogs } from '../replay-logs.ts';

export interface BacktestReport extends ReplayedLogs {
  files: number;
  rules: string;
  against?: string;
  runSeconds: number;
  hasGroups: boolean;
  hasObjects: boolean;
}

/** How many services the table shows, unless all are asked for. */
const servicesMost = 20;
/** How many flags that never end are named. */
const flagsMost = 10;

export function linesOfReport(
  report: BacktestReport,
  { isJson, isAll }: { isJson: boolean; isAll: boolean },
): string[] {
  const services = [...report.replayed.tally.services.values()].toSorted(
    (a, b) => b.kicks - a.kicks || b.alerts - a.alerts,
  );
  const changed = changedOf(report);
  if (isJson) return jsonLines(report, services, changed);
  const shown = isAll ? services : services.slice(0, servicesMost);
  return [
    ...headLines(report),
    ...oddLines(report),
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
  const { replayed, items, lines, broken, fromMs, toMs } = report;
  const { tally, uncalled } = replayed;
  const total = sumOf(tally);
  const alerts = (items.get('alert') ?? 0) - uncalled;
  const codes = [...tally.codes]
    .filter(([code]) => code !== 'not-a-problem' && code !== 'joined')
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${number(count)}`);
  const storms = [...tally.storms].map(
    ([group, count]) => `${printable(group)} ${count}`,
  );
  return [
    `${report.files} ${report.files === 1 ? 'file' : 'files'}, ${dayOf(fromMs)} to ${dayOf(toMs)}: ${number(lines)} lines, ${number(alerts)} alerts, ${number(broken)} lines not understood`,
    `rules: ${printable(report.rules)}`,
    `kicks ${number(total.kicks)}, green within the window ${number(total.healed)}, joined ${number(total.joined)}, pages ${number(total.pages)}`,
    `no kick: ${codes.length === 0 ? 'never' : codes.join(', ')}`,
    `storms: ${storms.length === 0 ? 'none' : storms.join(', ')}`,
  ];
}

/** What a reader should know of the logs before the figures are believed. */
function oddLines(report: BacktestReport): string[] {
  const { firstBroken, repeated, odd, replayed } = report;
  const { uncalled, oldFlags } = replayed;
  const said: string[] = [];
  if (firstBroken !== undefined) {
    const { log, path, line } = firstBroken;
    said.push(
      `not understood: the first such line, of ${printable(log)}: ${printable(shownName(line), 120)}`,
    );
    const form = formOfLine(line);
    if (form !== undefined) {
      said.push(
        `  its time is ${form.what}; type: ${backtestThrough(form.converter, path)}`,
      );
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
  if (odd.stray > 0) {
    said.push(
      `${number(odd.stray)} lines have a time far from that of the lines around them, and were taken to be of theirs; the first: ${printable(shownName(odd.firstStray ?? ''), 120)}`,
    );
  }
  if (odd.setBack > 0) {
    said.push(
      `the time in the logs went back ${number(odd.setBack)} times, by ${showMs(odd.mostBackMs)} at most; name each log by itself, so that they are merged by time`,
    );
  }
  return [
    ...said,
    ...oldFlags
      .slice(0, flagsMost)
      .map(
        (flag) =>
          `${printable(subjectOf(flag), 60)} is ${flagWords[flag.flag]} since ${dayOf(flag.sinceMs)}, and the log tells no end of it: ${number(flag.alerts)} alerts met it after more than 3 days`,
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
  report: BacktestReport,
  changed: readonly Changed[],
): string[] {
  const { other, against = '', differing, differences } = report;
  if (other === undefined) return [];
  return [
    '',
    `against ${printable(against)}: kicks ${sumOf(report.replayed.tally).kicks} instead of ${sumOf(other.tally).kicks}; ${differing} alerts decided otherwise`,
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

function jsonLines(
  report: BacktestReport,
  services: readonly ServiceTally[],
  changed: readonly Changed[],
): string[] {
  const { replayed, other, against, differences, firstBroken, odd } = report;
  const { tally, uncalled, oldFlags } = replayed;
  const line = (value: object): string => toJsonLine({ version: 1, ...value });
  return [
    line({
      kind: 'total',
      files: report.files,
      from: new Date(report.fromMs).toISOString(),
      to: new Date(report.toMs).toISOString(),
      lines: report.lines,
      broken: report.broken,
      ...(firstBroken === undefined
        ? {}
        : {
            firstBroken: {
              log: firstBroken.log,
              line: printable(shownName(firstBroken.line)),
            },
          }),
      repeated: report.repeated,
      uncalled,
      strayTimes: odd.stray,
      ...(odd.firstStray === undefined
        ? {}
        : { firstStrayTime: printable(shownName(odd.firstStray)) }),
      setBack: odd.setBack,
      items: Object.fromEntries(report.items),
      rules: report.rules,
      ...sumOf(tally),
      codes: Object.fromEntries(tally.codes),
      storms: Object.fromEntries(tally.storms),
      assumed: assumptions(report),
    }),
    ...oldFlags.map(({ sinceMs, ...flag }) =>
      line({
        kind: 'old-flag',
        ...flag,
        since: new Date(sinceMs).toISOString(),
      }),
    ),
    ...services.map((service) => line({ kind: 'service', ...service })),
    ...(other === undefined
      ? []
      : [
          line({
            kind: 'against',
            rules: against,
            ...sumOf(other.tally),
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

function number(value: number): string {
  return value.toLocaleString('en');
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
