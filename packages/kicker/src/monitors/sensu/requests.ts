import { errors } from '../../errors.ts';
import { subjectOf } from '../../events/event.ts';
import type { Place } from '../../outbox/action.ts';
import type { ApiReply, MonitorApi, Performed } from '../../ports.ts';
import { flawOfName } from '../host-name.ts';

export interface SensuPlace {
  url: string;
  namespace: string;
}

/** The path of the checks of a namespace, or of one of them. */
export function checksPath(namespace: string, check?: string): string {
  const all = `/api/core/v2/namespaces/${encodeURIComponent(namespace)}/checks`;
  return check === undefined ? all : `${all}/${encodeURIComponent(check)}`;
}

/**
 * Asks Sensu to run a check on one entity now; its result comes as an event.
 * @see https://docs.sensu.io/sensu-go/latest/api/core/checks/#execute-an-ad-hoc-check-request
 */
export async function executeCheck(
  api: MonitorApi,
  { url, namespace }: SensuPlace,
  place: Place,
  signal: AbortSignal,
): Promise<Performed> {
  const { host, service = '' } = place;
  const flawed = [host, service].find((one) => flawOfName(one) !== undefined);
  if (flawed !== undefined) {
    const fault = errors.sensuName(subjectOf(place));
    return { kind: 'failed', fault, isFinal: true };
  }
  const path = `${checksPath(namespace, service)}/execute`;
  const body = { check: service, subscriptions: [`entity:${host}`] };
  const reply = await api.ask({ method: 'POST', path, body }, signal);
  if (reply.kind === 'failed') {
    return { kind: 'failed', fault: reply.fault, isFinal: false };
  }
  const { status } = reply;
  if (status >= 200 && status < 300) return { kind: 'done' };
  const fault = faultOf(url, path, reply);
  return { kind: 'failed', fault, isFinal: status >= 400 && status < 500 };
}

export function faultOf(
  url: string,
  path: string,
  { status, text }: Extract<ApiReply, { kind: 'reply' }>,
) {
  return status === 401 || status === 403
    ? errors.sensuKey(url, `it answers ${path} with ${String(status)}`)
    : errors.monitorRefused(url, path, status, text);
}
