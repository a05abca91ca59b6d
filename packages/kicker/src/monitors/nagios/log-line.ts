import type { Event, State } from '../../events/event.ts';

/** What one line of nagios.log says, as far as deciding is concerned. */
export type LogItem =
  /** a change that Nagios called the event handler for */
  | { kind: 'alert'; atMs: number; event: Event }
  /** CURRENT or INITIAL STATE: how things stand, with no call */
  | { kind: 'state'; atMs: number; event: Event }
  | (Subject & { kind: 'flapping'; isFlapping: boolean })
  | (Subject & { kind: 'downtime'; isIn: boolean })
  | (Subject & { kind: 'acknowledged'; by: string | undefined })
  | { kind: 'rotation'; atMs: number }
  /** notifications, checks, commands: nothing to decide about */
  | { kind: 'other'; atMs: number }
  /** nothing that Nagios writes, or half of it */
  | { kind: 'broken' };

interface Subject {
  atMs: number;
  host: string;
  /** absent: the host itself */
  service?: string;
}

const serviceStates: readonly State[] = [
  'OK',
  'WARNING',
  'CRITICAL',
  'UNKNOWN',
];
const hostStates: readonly State[] = ['UP', 'DOWN', 'UNREACHABLE'];

/**
 * Reads one line of nagios.log. Never throws; what is cut off or was never Nagios's is `broken`.
 * @see https://github.com/NagiosEnterprises/nagioscore/blob/master/base/logging.c
 */
export function parseLogLine(line: string): LogItem {
  const head = /^\[(\d{1,10})\] /.exec(line);
  if (head === null) return { kind: 'broken' };
  const atMs = Number(head[1]) * 1000;
  const rest = line.slice(head[0].length);
  const colon = rest.indexOf(': ');
  if (colon < 0) return { kind: 'other', atMs };
  const text = rest.slice(colon + 2);
  switch (rest.slice(0, colon)) {
    case 'SERVICE ALERT':
      return readState('alert', true, text, atMs);
    case 'HOST ALERT':
      return readState('alert', false, text, atMs);
    case 'CURRENT SERVICE STATE':
    case 'INITIAL SERVICE STATE':
      return readState('state', true, text, atMs);
    case 'CURRENT HOST STATE':
    case 'INITIAL HOST STATE':
      return readState('state', false, text, atMs);
    case 'SERVICE FLAPPING ALERT':
      return readFlapping(true, text, atMs);
    case 'HOST FLAPPING ALERT':
      return readFlapping(false, text, atMs);
    case 'SERVICE DOWNTIME ALERT':
      return readDowntime(true, text, atMs);
    case 'HOST DOWNTIME ALERT':
      return readDowntime(false, text, atMs);
    case 'EXTERNAL COMMAND':
      return readCommand(text, atMs);
    case 'LOG ROTATION':
      return { kind: 'rotation', atMs };
    default:
      return { kind: 'other', atMs };
  }
}

/** `HOST;SERVICE;STATE;TYPE;ATTEMPT;OUTPUT`, for a host without SERVICE; output may hold more of `;`. */
function readState(
  kind: 'alert' | 'state',
  isService: boolean,
  text: string,
  atMs: number,
): LogItem {
  const parts = text.split(';', isService ? 5 : 4);
  const [host = '', service = ''] = parts;
  const [state = '', stateType = '', attempt = ''] = parts.slice(
    isService ? 2 : 1,
  );
  const known = (isService ? serviceStates : hostStates).find(
    (name) => name === state,
  );
  if (
    host === '' ||
    (isService && service === '') ||
    known === undefined ||
    (stateType !== 'SOFT' && stateType !== 'HARD') ||
    !/^\d{1,4}$/.test(attempt)
  ) {
    return { kind: 'broken' };
  }
  return {
    kind,
    atMs,
    event: {
      monitor: 'nagios',
      host,
      ...(isService ? { service } : {}),
      state: known,
      stateType,
      // Nagios has written 0 for services that were never checked.
      attempt: Math.max(1, Number(attempt)),
      inDowntime: false,
    },
  };
}

/** `HOST;SERVICE;STARTED; …`: STARTED, STOPPED or DISABLED. */
function readFlapping(isService: boolean, text: string, atMs: number): LogItem {
  const read = readSubject(isService, text, atMs);
  if (read === undefined) return { kind: 'broken' };
  const { word, ...subject } = read;
  return { kind: 'flapping', ...subject, isFlapping: word === 'STARTED' };
}

/** `HOST;SERVICE;STARTED; …`: STARTED, STOPPED or CANCELLED. */
function readDowntime(isService: boolean, text: string, atMs: number): LogItem {
  const read = readSubject(isService, text, atMs);
  if (read === undefined) return { kind: 'broken' };
  const { word, ...subject } = read;
  return { kind: 'downtime', ...subject, isIn: word === 'STARTED' };
}

function readSubject(
  isService: boolean,
  text: string,
  atMs: number,
): (Subject & { word: string }) | undefined {
  const parts = text.split(';', isService ? 3 : 2);
  const [host = '', service = ''] = parts;
  const word = parts[isService ? 2 : 1];
  if (host === '' || word === undefined || (isService && service === '')) {
    return undefined;
  }
  return { atMs, host, ...(isService ? { service } : {}), word: word.trim() };
}

/** `ACKNOWLEDGE_SVC_PROBLEM;HOST;SERVICE;STICKY;NOTIFY;PERSISTENT;AUTHOR;COMMENT`, and its end. */
function readCommand(text: string, atMs: number): LogItem {
  const [command, host = '', service = '', , , , author = ''] = text.split(';');
  if (host === '' || service === '') return { kind: 'other', atMs };
  if (command === 'ACKNOWLEDGE_SVC_PROBLEM') {
    const by = author === '' ? 'somebody' : author;
    return { kind: 'acknowledged', atMs, host, service, by };
  }
  if (command === 'REMOVE_SVC_ACKNOWLEDGEMENT') {
    return { kind: 'acknowledged', atMs, host, service, by: undefined };
  }
  return { kind: 'other', atMs };
}
