import type { CheckStep, MonitorApi } from '../../ports.ts';
import { failed, passed } from '../../steps.ts';
import { checksPath, faultOf, type SensuPlace } from './requests.ts';

/** The way to Sensu: reached, the key is good, and the checks can be seen. That they can be executed only executing one says. */
export async function* checkSensu(
  api: MonitorApi,
  { url, namespace }: SensuPlace,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const path = `${checksPath(namespace)}?limit=1`;
  const reply = await api.ask({ method: 'GET', path }, signal);
  if (reply.kind === 'failed') {
    yield failed('sensu', reply.fault);
    return;
  }
  if (reply.status !== 200 || !Array.isArray(reply.value)) {
    yield failed('sensu', faultOf(url, path, reply));
    return;
  }
  yield passed('sensu', `${url}, the checks of namespace ${namespace}`);
}
