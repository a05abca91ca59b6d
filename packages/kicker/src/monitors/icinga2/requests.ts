import type { ApiRequest } from '../../ports.ts';

/** The two kinds of object that have a state. */
export type Checked = 'services' | 'hosts';

/** In the path of the API a question; its body says which, so that no name ever stands in a path or in a filter. */
const asQuestion = { 'x-http-method-override': 'GET' };

const common = [
  'name',
  'state',
  'state_type',
  'check_attempt',
  'max_check_attempts',
  'last_state_change',
  'last_hard_state_change',
  'last_check',
  'last_reachable',
  'downtime_depth',
  'acknowledgement',
  'flapping',
  'enable_flapping',
  'problem',
  'enable_active_checks',
];
const hostState = [
  'name',
  'state',
  'last_check',
  'downtime_depth',
  'acknowledgement',
  'problem',
  'groups',
];
const wanted: Record<Checked, Readonly<Record<string, readonly string[]>>> = {
  services: {
    attrs: [...common, 'host_name', 'last_state_ok', 'vars'],
    joins: [...hostState, 'address', 'vars'].map((name) => `host.${name}`),
  },
  hosts: {
    attrs: [...common, 'last_state_up', 'groups', 'address', 'vars'],
  },
};

function question(
  path: string,
  body: Readonly<Record<string, unknown>>,
): ApiRequest {
  return { method: 'POST', path, headers: asQuestion, body };
}

/** All services with a problem: not those that were never checked. */
export function askProblems(): ApiRequest {
  return question('/v1/objects/services', {
    filter: 'service.problem',
    ...wanted.services,
  });
}

/** All hosts, without what only an event needs. */
export function askHosts(): ApiRequest {
  return question('/v1/objects/hosts', {
    attrs: [...common, 'last_state_up', 'groups'],
  });
}

/**
 * Some objects by their full names. One that is not there, or may not be seen, makes it a 404 for all of them.
 * @param names not empty: without any it would be a question about all
 */
export function askNamed(kind: Checked, names: readonly string[]): ApiRequest {
  return question(`/v1/objects/${kind}`, { [kind]: names, ...wanted[kind] });
}

/** The same for those that are there. Slower: Icinga looks at each object that it has. */
export function askThose(kind: Checked, names: readonly string[]): ApiRequest {
  return question(`/v1/objects/${kind}`, {
    filter: `${kind === 'services' ? 'service' : 'host'}.__name in names`,
    filter_vars: { names },
    ...wanted[kind],
  });
}

/** A comment of this type stands for an acknowledgement, and alone says whose it is. */
const acknowledgement = 'comment.entry_type == 4';

export function askAcknowledgements(): ApiRequest {
  return question('/v1/objects/comments', {
    filter: acknowledgement,
    attrs: ['host_name', 'service_name', 'author'],
  });
}

export function askAcknowledgementsOf(host: string, service = ''): ApiRequest {
  return question('/v1/objects/comments', {
    filter: `${acknowledgement} && comment.host_name == h && comment.service_name == s`,
    filter_vars: { h: host, s: service },
    attrs: ['host_name', 'service_name', 'author'],
  });
}

/** Where one object may be asked for by its full name; `type` is `Service` or `Host`. */
export function askActiveChecks(
  type: 'Service' | 'Host',
  name: string,
): ApiRequest {
  const kind = type.toLowerCase();
  return question(`/v1/objects/${kind}s`, {
    [kind]: name,
    attrs: ['enable_active_checks'],
  });
}

/** Who asks, with its permissions. */
export const askOwnRights: ApiRequest = { method: 'GET', path: '/v1' };
export const askStatus: ApiRequest = { method: 'GET', path: '/v1/status' };
export const askApplication: ApiRequest = {
  method: 'GET',
  path: '/v1/status/IcingaApplication',
};

const eventTypes = [
  'StateChange',
  'AcknowledgementSet',
  'AcknowledgementCleared',
  'DowntimeStarted',
  'DowntimeTriggered',
  'DowntimeRemoved',
  'Flapping',
] as const;

/** Without a filter: one with a mistake is an open stream that stays silent. */
export const followEvents: ApiRequest = {
  method: 'POST',
  path: '/v1/events',
  body: { queue: 'kicker', types: eventTypes },
};

/** Every permission that kicker uses; deploy/icinga2 grants these and no other. */
export const permissions: readonly string[] = [
  'status/query',
  ...eventTypes.map((type) => `events/${type}`),
  'objects/query/Host',
  'objects/query/Service',
  'objects/query/Comment',
  'actions/reschedule-check',
  'actions/add-comment',
  'actions/acknowledge-problem',
  'actions/remove-acknowledgement',
  'actions/process-check-result',
];
