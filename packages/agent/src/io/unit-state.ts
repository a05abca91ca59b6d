import { constants } from 'node:os';
import type { ChildEnd } from '../ports.ts';

/** What `systemctl show` tells of the unit of a run. */
export interface UnitState {
  /** false: systemd does not know it (any more) */
  isLoaded: boolean;
  /** the tool runs, or its end is being written down */
  isActive: boolean;
  /** undefined when the tool has ended */
  mainPid?: number;
  /** how it ended; undefined while it runs, and when systemd does not know */
  end?: ChildEnd;
}

/** The properties that `parseUnit` reads. */
export const unitProperties = [
  'LoadState',
  'ActiveState',
  'MainPID',
  'ExecMainCode',
  'ExecMainStatus',
] as const;

/**
 * @param text of `systemctl show --property=…`, one `NAME=VALUE` a line; of a unit that is not
 *   there it says `LoadState=not-found`
 * @see org.freedesktop.systemd1(5)
 */
export function parseUnit(text: string): UnitState {
  const found = new Map(
    text.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const mainPid = Number(found.get('MainPID') ?? 0);
  const end = endOf(
    wayOfNumber[found.get('ExecMainCode') ?? ''],
    found.get('ExecMainStatus') ?? '',
  );
  return {
    isLoaded: found.get('LoadState') === 'loaded',
    isActive: activeStates.has(found.get('ActiveState') ?? ''),
    ...(mainPid > 0 && { mainPid }),
    ...(end !== undefined && { end }),
  };
}

/**
 * @param text `WAY:STATUS` as `ExecStopPost` wrote it: `exited:2`, `killed:TERM`, `dumped:ABRT`;
 *   `:` where nothing was ever started
 *
 * A daemon-reload while the run is in progress puts a backslash before each of the two: systemd (252) writes
 * the `$` of a transient unit as `\$` and does not read it back as such. The run itself may do that.
 * @returns an empty end where the text tells of none
 */
export function parseEnd(text: string): ChildEnd {
  const [way = '', status = ''] = text.replaceAll('\\', '').split(':');
  return endOf(way, status) ?? {};
}

const activeStates = new Set([
  'active',
  'activating',
  'deactivating',
  'reloading',
]);

/** CLD_EXITED, CLD_KILLED and CLD_DUMPED. @see sigaction(2) */
const wayOfNumber: Record<string, string | undefined> = {
  '1': 'exited',
  '2': 'killed',
  '3': 'dumped',
};

function endOf(way: string | undefined, status: string): ChildEnd | undefined {
  if (way === 'exited' && /^\d{1,3}$/.test(status)) {
    return { exitCode: Number(status) };
  }
  if (way === 'killed' || way === 'dumped') {
    const signal = signalName(status);
    return signal === undefined ? undefined : { signal };
  }
  return undefined;
}

/** A name without SIG as `$EXIT_STATUS` has it, or a number as `ExecMainStatus` has it. */
function signalName(status: string): string | undefined {
  if (/^[A-Z][A-Z0-9+-]*$/.test(status)) return `SIG${status}`;
  const known = Object.entries(constants.signals);
  return known.find(([, number]) => String(number) === status)?.[0];
}
