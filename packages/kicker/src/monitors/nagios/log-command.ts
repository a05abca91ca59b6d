import type { LogItem, Place } from './log-item.ts';

/**
 * What a person told Nagios that matters here, from the text behind `EXTERNAL COMMAND: `.
 * @returns undefined for every other command, and for one with a part missing
 * @see https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/extcommands2.html
 */
export function readCommand(text: string): LogItem | undefined {
  // Results of passive checks are commands too, and may be most of a log.
  if (!/^[ADRS]/i.test(text)) return undefined;
  const fields = text.split(';');
  const name = (fields[0] ?? '').toUpperCase();
  if (name.startsWith('ACKNOWLEDGE_')) return readAcknowledge(name, fields);
  if (name.startsWith('SCHEDULE_')) return readSchedule(name, fields);
  switch (name) {
    case 'REMOVE_SVC_ACKNOWLEDGEMENT':
      return withPlace(true, fields, { kind: 'unacknowledged' });
    case 'REMOVE_HOST_ACKNOWLEDGEMENT':
      return withPlace(false, fields, { kind: 'unacknowledged' });
    case 'DEL_DOWNTIME_BY_HOST_NAME': {
      // With a start or a comment it is about some of them, and Nagios says CANCELLED for each.
      const [, , service = '', start = '', comment = ''] = fields;
      return start === '' && comment === ''
        ? withPlace(service !== '', fields, { kind: 'downtimes-deleted' })
        : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * `ACKNOWLEDGE_SVC_PROBLEM;HOST;SERVICE;STICKY;NOTIFY;PERSISTENT;AUTHOR;COMMENT`; with `_EXPIRE` (Icinga) the time at
 * which it ends stands before AUTHOR.
 */
function readAcknowledge(
  name: string,
  fields: readonly string[],
): LogItem | undefined {
  const parsed = /^ACKNOWLEDGE_(SVC|HOST)_PROBLEM(_EXPIRE)?$/.exec(name);
  if (parsed === null) return undefined;
  const isService = parsed[1] === 'SVC';
  const rest = fields.slice(isService ? 3 : 2);
  const [sticky, , , third = '', fourth = ''] = rest;
  const isExpiring = parsed[2] !== undefined;
  const untilMs = isExpiring ? instantOf(third) : undefined;
  const author = (isExpiring ? fourth : third).trim();
  return withPlace(isService, fields, {
    kind: 'acknowledged',
    by: author === '' ? 'somebody' : author,
    // include/common.h: ACKNOWLEDGEMENT_STICKY
    isSticky: sticky === '2',
    ...(untilMs === undefined ? {} : { untilMs }),
    isNotified: false,
  });
}

const scheduled =
  /^SCHEDULE_(AND_PROPAGATE_(?:TRIGGERED_)?HOST|HOST_SVC|HOST|SVC|HOSTGROUP_HOST|HOSTGROUP_SVC)_DOWNTIME$/;

/** `SCHEDULE_HOST_DOWNTIME;HOST;START;END;FIXED;TRIGGER;DURATION;AUTHOR;COMMENT`; for a service it stands behind HOST. */
function readSchedule(
  name: string,
  fields: readonly string[],
): LogItem | undefined {
  const kind = scheduled.exec(name)?.[1];
  if (kind === undefined) return undefined;
  const isService = kind === 'SVC';
  const [start = '', end = '', fixed, , duration = ''] = fields.slice(
    isService ? 3 : 2,
  );
  const startMs = instantOf(start);
  const endMs = instantOf(end);
  const [, first = '', second = ''] = fields;
  if (startMs === undefined || endMs === undefined || first === '') {
    return undefined;
  }
  return {
    kind: 'planned',
    of: isService ? 'service' : kind.endsWith('_SVC') ? 'services' : 'host',
    name: isService ? `${first};${second}` : first,
    isGroup: kind.startsWith('HOSTGROUP_'),
    startMs,
    endMs,
    ...(fixed === '0' ? { flexibleMs: instantOf(duration) ?? 0 } : {}),
  };
}

function withPlace<Said extends object>(
  isService: boolean,
  [, host = '', service = '']: readonly string[],
  said: Said,
): (Said & Place) | undefined {
  if (host === '' || (isService && service === '')) return undefined;
  const place = isService ? `${host};${service}` : host;
  return { ...said, place, isService };
}

/** Whole seconds → milliseconds. */
function instantOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) * 1000 : undefined;
}
