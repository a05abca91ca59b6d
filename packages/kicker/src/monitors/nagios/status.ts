import type { HostState, State } from '../../events/event.ts';
import { nameOfBinary } from '../../events/name-bytes.ts';

/** What Nagios's status data says of one service. */
interface ServiceStatus {
  state: Extract<State, 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN'>;
  stateType: 'SOFT' | 'HARD';
  attempt: number;
  maxAttempts: number;
  /** epoch milliseconds of the last check; 0: never */
  lastCheckMs: number;
  /** Nagios's id of the present problem; absent: none */
  problem?: string;
  isAcknowledged: boolean;
  inDowntime: boolean;
  isFlapping: boolean;
  percentChange?: number;
}

interface HostStatus {
  state: HostState;
  inDowntime: boolean;
  isAcknowledged: boolean;
}

/** The present state of everything, as Nagios writes it every few seconds. */
export interface NagiosStatus {
  /** when Nagios wrote it, epoch milliseconds */
  createdMs: number;
  hosts: ReadonlyMap<string, HostStatus>;
  /** host → service → status */
  services: ReadonlyMap<string, ReadonlyMap<string, ServiceStatus>>;
  /** hosts that are not up or have a CRITICAL service, where nobody has taken that on */
  unhealthy: ReadonlySet<string>;
  /** host → service → who acknowledged it */
  acknowledgedBy: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const serviceStates = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
const hostStates = ['UP', 'DOWN', 'UNREACHABLE'] as const;

/**
 * Reads the text of status.dat: blocks of `kind {`, `key=value` lines, `}`. Kinds and keys that are not
 * needed are passed over, a block that cannot be read counts as not there.
 * @param text one character a byte (`latin1`), so that names keep theirs; names alone are decoded, for the file may
 * have hundreds of megabytes
 * @returns undefined where it is no status data, or not whole
 * @see Nagios Core, xdata/xsddefault.c, xsddefault_save_status_data
 */
export function parseNagiosStatus(text: string): NagiosStatus | undefined {
  const hosts = new Map<string, HostStatus>();
  const services = new Map<string, Map<string, ServiceStatus>>();
  const unhealthy = new Set<string>();
  const acknowledgedBy = new Map<string, Map<string, string>>();
  let createdMs: number | undefined;
  let isWhole = true;
  /** enable_flap_detection of the whole monitor, told before any service */
  let isFlapDetectionOn = true;
  let kind: string | undefined;
  let fields = new Map<string, string>();
  const number = (key: string): number => Number(fields.get(key) ?? Number.NaN);
  const name = (key: string): string | undefined => {
    const value = fields.get(key);
    return value === undefined ? undefined : nameOfBinary(value);
  };
  const close = (): void => {
    const host = name('host_name');
    if (kind === 'info') createdMs = number('created') * 1000;
    if (kind === 'programstatus') {
      isFlapDetectionOn = number('enable_flap_detection') !== 0;
    }
    if (host === undefined) return;
    if (kind === 'hoststatus') {
      // A host that was never checked counts as up, as in Nagios itself.
      const state = hostStates[number('current_state')];
      if (state === undefined) return;
      const status: HostStatus = {
        state,
        inDowntime: number('scheduled_downtime_depth') > 0,
        isAcknowledged: number('problem_has_been_acknowledged') === 1,
      };
      hosts.set(host, status);
      if (state !== 'UP' && !isTakenOn(status)) unhealthy.add(host);
    } else if (kind === 'servicestatus') {
      const service = name('service_description');
      const state = serviceStates[number('current_state')];
      if (service === undefined || state === undefined) return;
      const ofHost = services.get(host) ?? new Map<string, ServiceStatus>();
      services.set(host, ofHost);
      const problem = fields.get('current_problem_id');
      const percent = number('percent_state_change');
      const status: ServiceStatus = {
        state,
        stateType: number('state_type') === 0 ? 'SOFT' : 'HARD',
        attempt: number('current_attempt') || 1,
        maxAttempts: number('max_attempts') || 1,
        lastCheckMs: (number('last_check') || 0) * 1000,
        ...(problem === undefined || problem === '0' ? {} : { problem }),
        isAcknowledged: number('problem_has_been_acknowledged') === 1,
        inDowntime: number('scheduled_downtime_depth') > 0,
        // Switched off, nobody takes the flag away any more. @see naemon-core issue 434
        isFlapping:
          number('is_flapping') === 1 &&
          isFlapDetectionOn &&
          number('flap_detection_enabled') !== 0,
        ...(percent >= 0 && percent <= 100 ? { percentChange: percent } : {}),
      };
      ofHost.set(service, status);
      if (state === 'CRITICAL' && !isTakenOn(status)) unhealthy.add(host);
    } else if (
      kind === 'servicecomment' &&
      number('entry_type') === acknowledgement
    ) {
      const service = name('service_description') ?? '';
      const ofHost = acknowledgedBy.get(host) ?? new Map<string, string>();
      acknowledgedBy.set(host, ofHost);
      ofHost.set(service, name('author') ?? '');
    }
  };
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    start = end + 1;
    if (kind === undefined) {
      const opened = /^([a-z]+) \{$/.exec(line);
      if (opened === null) continue;
      kind = opened[1];
      fields = new Map();
      isWhole = false;
    } else if (line === '\t}') {
      close();
      kind = undefined;
      isWhole = true;
    } else if (neededKinds.has(kind)) {
      const equals = line.indexOf('=');
      const key = line.slice(1, equals);
      if (neededKeys.has(key)) fields.set(key, line.slice(equals + 1));
    }
  }
  return createdMs === undefined || Number.isNaN(createdMs) || !isWhole
    ? undefined
    : { createdMs, hosts, services, unhealthy, acknowledgedBy };
}

/** Nagios Core, include/comments.h, ACKNOWLEDGEMENT_COMMENT */
const acknowledgement = 4;

function isTakenOn(status: {
  inDowntime: boolean;
  isAcknowledged: boolean;
}): boolean {
  return status.inDowntime || status.isAcknowledged;
}

const neededKinds = new Set([
  'info',
  'programstatus',
  'hoststatus',
  'servicestatus',
  'servicecomment',
]);
const neededKeys = new Set([
  'created',
  'host_name',
  'service_description',
  'current_state',
  'state_type',
  'current_attempt',
  'max_attempts',
  'last_check',
  'current_problem_id',
  'problem_has_been_acknowledged',
  'scheduled_downtime_depth',
  'enable_flap_detection',
  'flap_detection_enabled',
  'is_flapping',
  'percent_state_change',
  'entry_type',
  'author',
]);
