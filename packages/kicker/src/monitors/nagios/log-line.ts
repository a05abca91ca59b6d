import type { State } from '../../events/event.ts';
import { readCommand } from './log-command.ts';
import type { LogItem } from './log-item.ts';
import { readNotification } from './log-notification.ts';

const broken: LogItem = { kind: 'broken' };
const other: LogItem = { kind: 'other' };

/**
 * When a line was written: `[EPOCH] ` at its begin.
 * @returns whole seconds; -1 where the line does not begin so
 */
export function secondsOfLine(line: string): number {
  if (line.charCodeAt(0) !== openBracket) return -1;
  let seconds = 0;
  let at = 1;
  for (; at <= 11; at += 1) {
    const digit = line.charCodeAt(at) - zero;
    if (!(digit >= 0 && digit <= 9)) break;
    seconds = seconds * 10 + digit;
  }
  const isHead =
    at > 1 &&
    at <= 11 &&
    line.charCodeAt(at) === closeBracket &&
    line.charCodeAt(at + 1) === blank;
  return isHead ? seconds : -1;
}

/**
 * Reads one line of nagios.log, as Nagios, Naemon, Icinga, Centreon Engine, Shinken and Alignak write it: some put the
 * process id or a level between time and kind. Never throws; what is cut off or is nobody's is `broken`.
 * @see https://github.com/NagiosEnterprises/nagioscore/blob/master/base/logging.c
 */
export function parseLogLine(line: string): LogItem {
  if (secondsOfLine(line) < 0) return broken;
  const start = line.indexOf(']') + 2;
  const at = skipProcessId(line, start);
  const item = readKind(line, at);
  if (item !== undefined) return item;
  const begin = beginOfKind(line, at);
  if (begin !== undefined) return readKind(line, begin) ?? other;
  // What holds an alert is never passed over in silence.
  if (line.includes('SERVICE ALERT: ') || line.includes('HOST ALERT: ')) {
    return broken;
  }
  return line.includes('starting') && started.test(line.slice(at))
    ? { kind: 'start' }
    : other;
}

const openBracket = 0x5b;
const closeBracket = 0x5d;
const blank = 0x20;
const zero = 0x30;
const semicolon = 0x3b;

/** `Nagios 4.4.6 starting... (PID=9)`, `Centreon Engine 22.10.0 starting ...` */
const started =
  /^(?:[A-Za-z]+: |\[[^\]]*\] )*[A-Z][\w-]*(?: [A-Z][\w-]*)* v?\d+\.\S+ starting ?\.\.\./;

/** A level word or a name may stand before the kind; behind the first `;` the text has begun. */
function beginOfKind(line: string, at: number): number | undefined {
  const end = line.indexOf(';', at);
  const head = end < 0 ? line.slice(at) : line.slice(at, end);
  const found = kindInside.exec(head);
  return found === null ? undefined : at + found.index;
}

const kindInside =
  /(?<![A-Z])(?:(?:CURRENT|INITIAL) (?:HOST|SERVICE) STATE|(?:HOST|SERVICE) (?:FLAPPING |DOWNTIME )?ALERT|(?:HOST|SERVICE) NOTIFICATION|EXTERNAL COMMAND|LOG ROTATION): /;

/** `[22903] `, as Centreon Engine writes it with log_pid. */
function skipProcessId(line: string, at: number): number {
  if (line.charCodeAt(at) !== openBracket) return at;
  const end = line.indexOf('] ', at);
  return end < 0 || !/^\[\d+$/.test(line.slice(at, end)) ? at : end + 2;
}

/** @returns undefined where no kind that matters begins there */
function readKind(line: string, at: number): LogItem | undefined {
  switch (line.charCodeAt(at)) {
    case 0x53: // S
      return line.startsWith('SERVICE ', at)
        ? readKindOf(true, line, at + 8)
        : undefined;
    case 0x48: // H
      return line.startsWith('HOST ', at)
        ? readKindOf(false, line, at + 5)
        : undefined;
    case 0x43: // C
    case 0x49: // I
      if (
        line.startsWith('CURRENT SERVICE STATE: ', at) ||
        line.startsWith('INITIAL SERVICE STATE: ', at)
      ) {
        return readStanding('state', true, line, at + 23);
      }
      if (
        line.startsWith('CURRENT HOST STATE: ', at) ||
        line.startsWith('INITIAL HOST STATE: ', at)
      ) {
        return readStanding('state', false, line, at + 20);
      }
      return undefined;
    case 0x45: // E
      return line.startsWith('EXTERNAL COMMAND: ', at)
        ? (readCommand(line.slice(at + 18)) ?? other)
        : undefined;
    case 0x4c: // L
      return line.startsWith('LOG ROTATION: ', at)
        ? { kind: 'rotation' }
        : undefined;
    case 0x50: // P
      return line.startsWith('PASSIVE ', at) ? other : undefined;
    default:
      return undefined;
  }
}

/** What follows `SERVICE ` or `HOST `. */
function readKindOf(
  isService: boolean,
  line: string,
  at: number,
): LogItem | undefined {
  if (line.startsWith('ALERT: ', at)) {
    return readStanding('alert', isService, line, at + 7);
  }
  if (line.startsWith('FLAPPING ALERT: ', at)) {
    return readFlag('flapping', isService, line, at + 16);
  }
  if (line.startsWith('DOWNTIME ALERT: ', at)) {
    return readFlag('downtime', isService, line, at + 16);
  }
  if (line.startsWith('NOTIFICATION: ', at)) {
    return readNotification(isService, line.slice(at + 14)) ?? other;
  }
  return undefined;
}

/**
 * `HOST;SERVICE;STATE;TYPE;ATTEMPT;OUTPUT`, for a host without SERVICE, from the first place that fits: Nagios writes a
 * `;` in the name of a service as it is.
 */
function readStanding(
  kind: 'alert' | 'state',
  isService: boolean,
  line: string,
  at: number,
): LogItem {
  const host = line.indexOf(';', at);
  if (host <= at) return broken;
  let end = isService ? line.indexOf(';', host + 1) : host;
  if (end === host + 1) return broken;
  for (; end > 0; end = line.indexOf(';', end + 1)) {
    const state = stateAt(isService, line, end + 1);
    if (state === undefined) continue;
    const typeAt = end + state.length + 2;
    const isHard = line.startsWith('HARD;', typeAt);
    if (!isHard && !line.startsWith('SOFT;', typeAt)) continue;
    const attemptAt = typeAt + 5;
    let read = attemptAt;
    let attempt = 0;
    for (; read < attemptAt + 4; read += 1) {
      const digit = line.charCodeAt(read) - zero;
      if (!(digit >= 0 && digit <= 9)) break;
      attempt = attempt * 10 + digit;
    }
    const isEnd = read === line.length || line.charCodeAt(read) === semicolon;
    if (read === attemptAt || !isEnd) continue;
    return {
      kind,
      place: line.slice(at, end),
      isService,
      state,
      stateType: isHard ? 'HARD' : 'SOFT',
      // Nagios has written 0 for services that were never checked.
      attempt: attempt === 0 ? 1 : attempt,
      output: line.slice(read + 1),
    };
  }
  return broken;
}

/** The state that stands there whole, up to its `;`. */
function stateAt(
  isService: boolean,
  line: string,
  at: number,
): State | undefined {
  for (const state of isService ? serviceStates : hostStates) {
    if (
      line.startsWith(state, at) &&
      line.charCodeAt(at + state.length) === semicolon
    ) {
      return state;
    }
  }
  return undefined;
}

const serviceStates = ['OK', 'CRITICAL', 'WARNING', 'UNKNOWN'] as const;
const hostStates = ['UP', 'DOWN', 'UNREACHABLE'] as const;

/** `HOST;SERVICE;STARTED; …`, for a host without SERVICE; ended by STOPPED, CANCELLED or DISABLED. */
function readFlag(
  kind: 'flapping' | 'downtime',
  isService: boolean,
  line: string,
  at: number,
): LogItem {
  const host = line.indexOf(';', at);
  if (host <= at) return broken;
  // A service has a name, of one character at least.
  const from = isService ? host + 2 : host;
  const found = flagWord.exec(line.slice(from));
  if (found === null) return broken;
  const place = line.slice(at, from + found.index);
  const isOn = found[1] === 'STARTED';
  return kind === 'flapping'
    ? { kind, place, isService, isFlapping: isOn }
    : { kind, place, isService, isIn: isOn };
}

const flagWord = /; *(STARTED|STOPPED|CANCELLED|DISABLED) *(?:;|$)/;
