import { serviceAndHostOf } from './objects.ts';
import type { ReadingWorld } from '../message-parts.ts';
import type { ToldItem } from '../told-item.ts';
import { alertOfStateChange, textOfBytes } from './history.ts';

/** `[2026-11-28 03:44:01 +0000] notice/Checkable: …` */
const head =
  /^\[(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})\] [a-z]+\/(\w+): /;

/** Whether a line is one of icinga2.log, Icinga 2's own log. */
export function isMainLogLine(line: string): boolean {
  return head.test(line);
}

/** When a line was written, whole seconds; -1 for the lines of a context, and for whatever else has no time. */
export function secondsOfMainLog(line: string): number {
  const found = head.exec(line);
  if (found === null) return -1;
  const [, day = '', time = '', hours = '', minutes = ''] = found;
  const ms = Date.parse(`${day}T${time}${hours}:${minutes}`);
  return Number.isFinite(ms) ? ms / 1000 : -1;
}

/**
 * Reads a line of icinga2.log. State changes are in it where the FileLogger's severity is notice (or debug); which attempt
 * it was, and who acknowledged, they do not say.
 * @see https://github.com/Icinga/icinga2/blob/v2.13.6/lib/icinga/checkable-check.cpp, "State Change: Checkable"
 */
export function parseMainLogLine(line: string, world: ReadingWorld): ToldItem {
  const found = head.exec(line);
  // A context, an empty line, the second half of a text of several lines.
  if (found === null) return { kind: 'other' };
  const [start, , , hours = '', minutes = '', facility] = found;
  if (facility !== 'Checkable' && facility !== 'Downtime') {
    return { kind: 'other' };
  }
  const text = textOfBytes(line.slice(start.length));
  return facility === 'Downtime'
    ? downtimeOf(text, `${hours}:${minutes}`)
    : checkableOf(text, secondsOfMainLog(line), world);
}

const stateChange =
  /^State Change: Checkable '(.*)' (soft|hard) state change from (\w+) to (\w+) detected\.$/;
const acknowledgement =
  /^Acknowledgement (set|cleared) for checkable '(.*)'\.$/;
const flapping =
  /^Flapping (Start|Stop): Checkable '(.*)' (?:started|stopped) flapping/;

function checkableOf(
  text: string,
  seconds: number,
  world: ReadingWorld,
): ToldItem {
  const changed = stateChange.exec(text);
  if (changed !== null) {
    const [, name = '', type, , to = ''] = changed;
    const { host, service } = serviceAndHostOf(name);
    const states = service === undefined ? hostStates : serviceStates;
    const item = alertOfStateChange(
      {
        type: 'StateChange',
        host,
        ...(service === undefined ? {} : { service }),
        state: states.indexOf(to),
        state_type: type === 'soft' ? 0 : 1,
        timestamp: seconds,
      },
      world,
    );
    return item.kind === 'alert' ? { ...item, isBare: true } : item;
  }
  const set = acknowledgement.exec(text);
  if (set !== null) {
    const place = serviceAndHostOf(set[2] ?? '');
    return set[1] === 'set'
      ? { kind: 'acknowledged', ...place, by: 'somebody', isOwn: false }
      : { kind: 'unacknowledged', ...place };
  }
  const flaps = flapping.exec(text);
  if (flaps !== null) {
    return {
      kind: 'flapping',
      ...serviceAndHostOf(flaps[2] ?? ''),
      isFlapping: flaps[1] === 'Start',
    };
  }
  return text.startsWith('State Change: ')
    ? { kind: 'broken' }
    : { kind: 'other' };
}

const serviceStates: readonly string[] = [
  'OK',
  'WARNING',
  'CRITICAL',
  'UNKNOWN',
];
const hostStates: readonly string[] = ['UP', 'DOWN'];

const added =
  /^Added downtime '(.*)' between '([\d-]{10}) ([\d:]{8})' and '([\d-]{10}) ([\d:]{8})', author: '.*', (?:fixed|flexible with (\d+)s duration)$/;
const triggered = /^Triggering downtime '(.*)' for checkable '(.*)'\.$/;
const removed =
  /^Removed downtime '(.*)' from (?:checkable|service|host) '(.*)'/;

/** @param zone that of the log's own times */
function downtimeOf(text: string, zone: string): ToldItem {
  const plan = added.exec(text);
  if (plan !== null) {
    const [, id = '', , , day = '', time = '', duration] = plan;
    const endMs = Date.parse(`${day}T${time}${zone}`);
    return {
      kind: 'planned',
      // An id begins with the name of what it is about.
      ...serviceAndHostOf(id.slice(0, Math.max(0, id.lastIndexOf('!')))),
      id,
      ...(duration === undefined
        ? { untilMs: endMs }
        : { lastsMs: Number(duration) * 1000 }),
    };
  }
  const begun = triggered.exec(text);
  if (begun !== null) {
    const [, id = '', name = ''] = begun;
    return { kind: 'downtime', ...serviceAndHostOf(name), id };
  }
  const over = removed.exec(text);
  if (over !== null) {
    const [, id = '', name = ''] = over;
    return { kind: 'downtime-over', ...serviceAndHostOf(name), id };
  }
  return { kind: 'other' };
}
