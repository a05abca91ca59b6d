import type { Payload } from '../payload.ts';
import type { Problem } from './snapshot.ts';

/** A problem of the API as the media type of deploy/zabbix hands it over. */
export function payloadOf(problem: Problem, value: '0' | '1'): Payload {
  return {
    kind: 'json',
    headers: {},
    value: {
      source: '0',
      object: '0',
      update: '0',
      value,
      event: problem.event,
      host: problem.host,
      name: problem.name,
      severity: problem.severity,
      tags: JSON.stringify(problem.tags),
      hostgroups: problem.groups.join(','),
      key: problem.key,
      trigger: problem.trigger,
      suppressed: problem.isSuppressed ? '1' : '0',
      acked: problem.acknowledgedBy === undefined ? 'No' : 'Yes',
    },
  };
}
