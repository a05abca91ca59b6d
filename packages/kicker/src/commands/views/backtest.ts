import { printable } from '@kickd/protocol';
import { showMs } from '../../decide/finding.ts';
import { subjectOf } from '../../events/event.ts';
import type { OldFlag } from '../../rehearse/past-state.ts';
import type { ServiceTally } from '../../rehearse/tally.ts';
import type { BacktestRecord, RecordOf } from '../backtest-report.ts';
import { viewOfAll } from './view.ts';

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
    `${files} ${files === 1 ? 'file' : 'files'}, ${dayOf(from)} to ${dayOf(to)}: ${number(lines)} lines, ${number(alerts)} alerts, ${number(broken)} lines not understood${total.form === 'nagios' ? '' : ` (${total.form})`}`,
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
    const { log, line, form, why } = firstBroken;
    const what = [line === '' ? undefined : printable(line, 120), why];
    said.push(
      `not understood: the first such line, of ${printable(log)}: ${what.filter((text) => text !== undefined).join('; ')}`,
    );
    if (form !== undefined) {
      said.push(`  its time is ${form.what}; run: ${form.fix}`);
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

function number(value: number): string {
  return value.toLocaleString('en');
}

function dayOf(at: string): string {
  return at.slice(0, 10);
}
