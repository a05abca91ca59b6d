import { printable, type Status } from '@kickd/protocol';
import { describeOutcome } from '../../events/describe-outcome.ts';
import {
  linesOfKick,
  type KickRecord,
  type TargetRecord,
  type Trouble,
} from './kick.ts';
import { viewOfEach } from './view.ts';

/** How kickd on one host is, or why it cannot be asked. */
export type PingRecord = TargetRecord & { exit: number } & (
    | { result: 'ok'; status: Status }
    | { result: Exclude<KickRecord['result'], 'accepted'>; error: Trouble }
  );

export const pingView = viewOfEach<PingRecord>((record) =>
  'status' in record
    ? [`${printable(record.host)}: ${describeStatus(record.status)}`]
    : linesOfKick(record),
);

/** One line: version, CM and whether it may run, what runs and ran, what expires first. */
export function describeStatus(status: Status): string {
  const { version, cm, current, last, expiries, acl, frozen, journal } = status;
  const first = expiries.toSorted((a, b) => a.at.localeCompare(b.at))[0];
  return [
    `kickd ${printable(version, 40)}`,
    cm.disabled === undefined
      ? cm.locked
        ? `${cm.profile} is running`
        : `${cm.profile} ready`
      : `${cm.profile} DISABLED: ${printable(cm.disabled)}`,
    ...(frozen === undefined ? [] : [`FROZEN: ${printable(frozen)}`]),
    ...(journal === undefined || journal.ok
      ? []
      : [`its journal is broken: ${printable(journal.reason ?? '?')}`]),
    ...(current === undefined
      ? []
      : [`run ${current.run} is ${current.state}`]),
    last?.outcome === undefined
      ? 'no run yet'
      : `last: ${describeOutcome(last, last.outcome)}${last.endedAt === undefined ? '' : ` at ${last.endedAt}`}`,
    ...(first === undefined
      ? []
      : [`${printable(first.what, 80)} expires ${first.at.slice(0, 10)}`]),
    ...(acl.current ? [] : ['its ACL file has a mistake, old rules in force']),
  ].join('; ');
}
