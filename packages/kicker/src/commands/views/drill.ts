import { printable } from '@kickd/protocol';
import type { TimelineStep } from '../../drill/timeline.ts';
import { subjectOf } from '../../events/event.ts';
import { viewOfEach } from './view.ts';

interface DrillFacts {
  host: string;
  service: string;
  monitor: string;
  /** the CM profile that breaks */
  profile: string;
  /** the kick that breaks */
  kick: string;
}

/** What `kicker drill` prints, in this order. */
export type DrillRecord =
  /** with --dry-run: one thing that has to be so; `ok` absent: it could not be judged */
  | {
      record: 'condition';
      name: string;
      ok: boolean | undefined;
      code?: string;
      text?: string;
      remedy?: string;
    }
  | (DrillFacts & { record: 'begun'; certname: string })
  /** the host has accepted the kick that breaks, at that instant */
  | (DrillFacts & { record: 'broken'; at: string; run?: string | undefined })
  | (TimelineStep & { record: 'step' })
  | DrillReport;

export interface DrillReport extends DrillFacts {
  record: 'report';
  result: 'passed' | 'failed' | 'not-begun';
  /** why it did not pass */
  why?: string;
  /** the one command that looks at it */
  look?: string;
  /** from the breakage to green */
  seconds?: number;
  steps: readonly TimelineStep[];
  /** the resources that the healing run put back */
  corrected: readonly string[];
  /** the kick that healed it */
  healedBy?: string;
  mend?: MendRecord;
  exit: number;
}

/** What was asked for where nobody healed it. */
export type MendRecord =
  | { result: 'left-broken' }
  | { result: 'accepted'; kick: string; run: string }
  | {
      result: 'not-accepted';
      kick: string;
      code: string;
      message: string;
      remedy: string;
    };

export const drillView = viewOfEach<DrillRecord>((record) => {
  switch (record.record) {
    case 'condition':
      return linesOfCondition(record);
    case 'begun':
      return [
        `drill of ${printable(subjectOf(record))}: asks ${printable(record.certname)} to break it, kick ${record.kick}`,
      ];
    case 'broken':
      return [`${at(0)}  broken  on purpose, run ${record.run ?? '?'}`];
    case 'step':
      return [
        `${at(record.offsetSeconds)}  ${record.step.padEnd(6)}  ${printable(record.text, 500)}`,
      ];
    case 'report':
      return linesOfReport(record);
  }
});

function linesOfCondition({
  name,
  ok,
  code,
  text = '',
  remedy = '',
}: Extract<DrillRecord, { record: 'condition' }>): string[] {
  const word = ok === undefined ? '-  ' : ok ? 'yes' : 'no ';
  return code === undefined
    ? [`${word}  ${name}`]
    : [`${word}  ${name}: ${code}: ${text}`, `       fix: ${remedy}`];
}

function linesOfReport(report: DrillReport): string[] {
  const { result, why = '', look, seconds, steps, corrected, mend } = report;
  const fix = look === undefined ? [] : [`  fix: ${printable(look, 500)}`];
  const shares = seconds === undefined ? [] : [sharesOf(steps, seconds)];
  switch (result) {
    case 'not-begun':
      return [
        `drill not begun, nothing is broken: ${printable(why, 500)}`,
        ...fix,
      ];
    case 'failed':
      return [
        `drill failed: ${printable(why, 500)}`,
        ...fix,
        ...linesOfMend(mend, report),
      ];
    case 'passed':
      return [
        `drill passed: green ${(seconds ?? 0).toFixed(1)} s after the breakage`,
        ...shares,
        corrected.length === 0
          ? '  the run names no resource that it corrected'
          : `  corrected: ${printable(corrected.join(', '), 500)}`,
      ];
  }
}

function sharesOf(steps: readonly TimelineStep[], seconds: number): string {
  const parts = steps.map(({ step, tookSeconds }) => {
    const percent = seconds === 0 ? 0 : (tookSeconds / seconds) * 100;
    return `${step} ${tookSeconds.toFixed(1)} s (${percent.toFixed(0)} %)`;
  });
  return `  ${parts.join(', ')}`;
}

function linesOfMend(
  mend: MendRecord | undefined,
  report: DrillReport,
): string[] {
  const subject = printable(subjectOf(report));
  switch (mend?.result) {
    case undefined:
      return [];
    case 'left-broken':
      return [`  ${subject} is left as it is (--leave-broken)`];
    case 'accepted':
      return [`  a run by hand was asked for, to mend it: run ${mend.run}`];
    case 'not-accepted':
      return [
        `  ${subject} MAY STILL BE BROKEN: no run could be asked for: ${mend.code}: ${printable(mend.message)}`,
        `  fix: ${printable(mend.remedy, 500)}`,
      ];
  }
}

function at(seconds: number): string {
  return `+${seconds.toFixed(1)} s`.padStart(9);
}
