import { printable, type Status } from '@kickd/protocol';
import { describeOutcome } from '../events/describe-outcome.ts';

/** States of a monitoring plugin, by their exit codes. */
export const pluginStates = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;

export interface Health {
  /** index into `pluginStates` */
  state: 0 | 1 | 2;
  /** the worst first */
  found: string[];
  /** `label=value;warn;crit`, for the part behind the bar */
  perfdata: string[];
}

const dayMs = 24 * 60 * 60 * 1000;
const goodOutcomes = new Set(['unchanged', 'corrected', 'not-needed']);

/**
 * How a kickd is, from its own status: whether it can heal, and for how long still.
 * @param days before an expiry, of WARNING and CRITICAL
 */
export function judgeHealth(
  status: Status,
  now: Date,
  days: { warning: number; critical: number },
): Health {
  const found: [state: 0 | 1 | 2, text: string][] = [];
  const { journal, audit, acl, cm, frozen, last, expiries } = status;
  if (journal?.ok === false)
    found.push([
      2,
      `its journal is broken: ${printable(journal.reason ?? '?')}`,
    ]);
  if (audit?.ok === false)
    found.push([
      2,
      `its audit file is broken: ${printable(audit.reason ?? '?')}`,
    ]);
  for (const { what, at } of expiries) {
    const left = (Date.parse(at) - +now) / dayMs;
    const state = left <= days.critical ? 2 : left <= days.warning ? 1 : 0;
    const word = left <= 0 ? 'expired' : 'expires';
    if (state > 0)
      found.push([state, `${printable(what, 80)} ${word} ${at.slice(0, 10)}`]);
  }
  if (!acl.current)
    found.push([1, 'its ACL file has a mistake, old rules in force']);
  if (frozen !== undefined) found.push([1, `frozen: ${printable(frozen)}`]);
  if (cm.disabled !== undefined)
    found.push([1, `${cm.profile} is disabled: ${printable(cm.disabled)}`]);
  if (last?.outcome !== undefined && !goodOutcomes.has(last.outcome.kind))
    found.push([1, `last run: ${describeOutcome(last, last.outcome)}`]);

  const first = expiries
    .map(({ at }) => Date.parse(at))
    .toSorted((a, b) => a - b)[0];
  const { warning, critical } = days;
  return {
    state: found.reduce<0 | 1 | 2>(
      (worst, [state]) => (state > worst ? state : worst),
      0,
    ),
    found: found.toSorted(([a], [b]) => b - a).map(([, text]) => text),
    perfdata: [
      `uptime=${String(status.uptimeSeconds)}s`,
      ...(first === undefined
        ? []
        : [
            `first_expiry=${((first - +now) / dayMs).toFixed(1)};${String(warning)}:;${String(critical)}:`,
          ]),
      ...(last?.endedAt === undefined
        ? []
        : [
            `last_run_age=${String(Math.max(0, Math.round((+now - Date.parse(last.endedAt)) / 1000)))}s`,
          ]),
    ],
  };
}
