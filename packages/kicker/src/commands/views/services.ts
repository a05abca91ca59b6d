import { printable } from '@kickd/protocol';
import { subjectOf } from '../../events/event.ts';
import { quantileOf, type ServiceRecord } from '../../ledger/by-service.ts';

/** What became of the kicks of one service within a period. */
export interface ServiceSum extends Omit<ServiceRecord, 'secondsToGreen'> {
  healedRatio: number | null;
  futileRatio: number | null;
  secondsToGreen: {
    median: number | undefined;
    p90: number | undefined;
    most: number | undefined;
  };
}

export function sumOfService({
  secondsToGreen,
  kicks,
  healed,
  futile,
  ...rest
}: ServiceRecord): ServiceSum {
  return {
    ...rest,
    kicks,
    healed,
    futile,
    healedRatio: kicks === 0 ? null : healed / kicks,
    futileRatio: kicks === 0 ? null : futile / kicks,
    secondsToGreen: {
      median: quantileOf(secondsToGreen, 0.5),
      p90: quantileOf(secondsToGreen, 0.9),
      most: secondsToGreen.at(-1),
    },
  };
}

/** `kicker history --by-service`: one row a service. */
export function tableOfServices(sums: readonly ServiceSum[]): string[] {
  const head = [
    'HOST / SERVICE',
    'KICKS',
    'HEALED',
    'FUTILE',
    'NOT RUN',
    'GREEN AFTER (MEDIAN, 90 %, MOST)',
    '',
  ];
  const rows = sums.map((sum) => {
    const { kicks, healed, futile, notRun, isHealedTooOften } = sum;
    const { median, p90, most } = sum.secondsToGreen;
    return [
      printable(subjectOf(sum), 60),
      String(kicks),
      `${healed} (${share(healed, kicks)})`,
      `${futile} (${share(futile, kicks)})`,
      String(notRun),
      most === undefined
        ? '-'
        : [median, p90, most].map((value) => `${value} s`).join(', '),
      isHealedTooOften ? 'healed too often to be healthy' : '',
    ];
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Math.round((part / whole) * 100)} %`;
}
