import type { FaultFacts } from '@kickd/protocol';
import { printable } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { CheckStep, MonitorApi } from '../../ports.ts';
import { failed, passed } from '../../steps.ts';
import { isObject } from '../payload.ts';
import { programStart } from './follow.ts';
import { numberOf, parseResults } from './objects.ts';
import {
  askHosts,
  askOwnRights,
  askProblems,
  askStatus,
  permissions,
} from './requests.ts';

/** An expiry and the age of an event are instants of two clocks. */
const clockMostSeconds = 30;

/** What the check needs to know of the settings. */
interface Link {
  url: string;
  /** whether a CRL is named */
  hasCrl: boolean;
}

/** Looks at each thing that the adapter needs, in the order in which one needs the other. */
export async function* checkIcinga(
  ask: MonitorApi['ask'],
  { url, hasCrl }: Link,
  nowMs: () => number,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const rights = await ask(askOwnRights, signal);
  if (rights.kind === 'failed') {
    yield failed('icinga api', transportFault(url, rights.fault));
    return;
  }
  yield passed('icinga api', `${printable(url)} answers`);
  yield passed(
    'icinga tls',
    url.startsWith('http:')
      ? 'no TLS, on loopback alone'
      : `its certificate is good, by trust settings of its own (api.ca, api.cert): those of kickd play no part${hasCrl ? '' : ". It is looked up in no CRL, for Icinga's own CA has none: a certificate that is lost is ended by another CA, or by client_cn"}`,
  );
  if (rights.status === 401) {
    yield failed('icinga user', errors.icingaUser(url));
    return;
  }
  const own = ownRights(rights.value);
  if (own === undefined) {
    const { status, text } = rights;
    yield failed(
      'icinga user',
      errors.monitorRefused(url, '/v1', status, text),
    );
    return;
  }
  yield passed(
    'icinga user',
    `${printable(own.user)}, Icinga ${printable(own.version)}`,
  );
  const missing = permissions.filter(
    (one) => !own.permissions.some((given) => grants(given, one)),
  );
  yield missing.length === 0
    ? passed('icinga rights', rightsText(own.permissions))
    : failed('icinga rights', errors.icingaRights(own.user, missing));
  if (!missing.includes('status/query')) {
    yield* checkStatus(ask, url, nowMs, signal);
  }
  yield* checkObjects(ask, url, signal);
}

async function* checkStatus(
  ask: MonitorApi['ask'],
  url: string,
  nowMs: () => number,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const reply = await ask(askStatus, signal);
  if (reply.kind === 'failed') {
    yield failed('icinga clock', reply.fault);
    return;
  }
  const startedAt = programStart(reply.value);
  const status = statusOf(reply.value, 'CIB');
  const uptime = numberOf(status?.['uptime']);
  if (startedAt === undefined || startedAt === 0 || uptime === 0) {
    const { status: code, text } = reply;
    yield failed(
      'icinga clock',
      errors.monitorRefused(url, askStatus.path, code, text),
    );
    return;
  }
  const ahead = Math.round(startedAt + uptime - nowMs() / 1000);
  yield Math.abs(ahead) > clockMostSeconds
    ? failed('icinga clock', errors.icingaClock(ahead))
    : passed('icinga clock', 'it has the same time');
  const part = statusOf(reply.value, 'IcingaApplication')?.[
    'icingaapplication'
  ];
  const app = isObject(part) ? part['app'] : undefined;
  if (isObject(app) && app['enable_event_handlers'] === false) {
    yield {
      ...passed(
        'warning',
        'event handlers are switched off in Icinga: kicker hears of problems by the stream alone, some seconds later',
      ),
      remedy:
        'switch them on: const EnableEventHandlers = true in the object IcingaApplication, then: systemctl reload icinga2',
    };
  }
}

async function* checkObjects(
  ask: MonitorApi['ask'],
  url: string,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const counts: number[] = [];
  for (const request of [askHosts(), askProblems()]) {
    const reply = await ask(request, signal);
    if (reply.kind === 'failed') {
      yield failed('icinga objects', reply.fault);
      return;
    }
    const found = parseResults(reply.value);
    if (found === undefined || reply.status !== 200) {
      yield failed(
        'icinga objects',
        errors.monitorRefused(url, request.path, reply.status, reply.text),
      );
      return;
    }
    counts.push(found.length);
  }
  const [hosts = 0, problems = 0] = counts;
  yield hosts === 0
    ? failed('icinga objects', errors.icingaEmpty(url))
    : passed(
        'icinga objects',
        `${String(hosts)} ${hosts === 1 ? 'host' : 'hosts'}, ${String(problems)} ${problems === 1 ? 'problem' : 'problems'} by now`,
      );
}

/** What TLS itself refuses has a fix of its own; its words are those of Node and OpenSSL, and begin with their code. */
const tlsFaults: readonly [RegExp, (url: string, why: string) => FaultFacts][] =
  [
    [/ERR_TLS_CERT_ALTNAME_INVALID/, errors.icingaTlsName],
    [/SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY/, errors.icingaTlsCa],
    [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, errors.icingaTlsDate],
    [/CERT_REVOKED|CRL/, errors.icingaTlsCrl],
    [/KEY_VALUES_MISMATCH|_PEM_/, errors.icingaTlsOwn],
  ];

function transportFault(url: string, fault: FaultFacts): FaultFacts {
  const why = fault.message.replace(/^.*? cannot be asked: /, '');
  const code = /^[A-Z0-9_]+(?=: )/.exec(why)?.[0] ?? '';
  const found =
    fault.code === 'MONITOR_UNREACHABLE'
      ? tlsFaults.find(([words]) => words.test(code))
      : undefined;
  return found === undefined ? fault : found[1](url, why);
}

function ownRights(
  value: unknown,
): { user: string; version: string; permissions: string[] } | undefined {
  const results = isObject(value) ? value['results'] : undefined;
  const [first] = Array.isArray(results) ? (results as unknown[]) : [];
  if (!isObject(first) || typeof first['user'] !== 'string') return undefined;
  const { user, version, permissions: given } = first;
  return {
    user,
    version: typeof version === 'string' ? version : '',
    permissions: Array.isArray(given)
      ? given.filter((one): one is string => typeof one === 'string')
      : [],
  };
}

/** Icinga says so behind a permission that holds for some objects alone. */
const filtered = ' (filtered)';

/** Whether a permission, which may hold * and ?, covers what is wanted; capitals count for nothing. */
function grants(given: string, wanted: string): boolean {
  const text = given.endsWith(filtered)
    ? given.slice(0, -filtered.length)
    : given;
  const pattern = text
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 'i').test(wanted);
}

function rightsText(given: readonly string[]): string {
  return given.some((one) => one.endsWith(filtered))
    ? 'all that kicker uses, some of them for the objects of a filter alone'
    : 'all that kicker uses';
}

function statusOf(
  value: unknown,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const results = isObject(value) ? value['results'] : undefined;
  const found = Array.isArray(results)
    ? (results as unknown[]).find(
        (one) => isObject(one) && one['name'] === name,
      )
    : undefined;
  const status = isObject(found) ? found['status'] : undefined;
  return isObject(status) ? status : undefined;
}
