import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { faultsOf } from '../../faults.ts';
import type { MonitorApi } from '../../ports.ts';
import { isObject } from '../payload.ts';

export type Called =
  | { kind: 'result'; result: unknown }
  /** @param isPassing the same may go through later */
  | { kind: 'fault'; fault: FaultFacts; isPassing: boolean };

export type Call = (
  method: string,
  params: unknown,
  signal: AbortSignal,
) => Promise<Called>;

/**
 * Calls methods of the API of Zabbix. Every answer is HTTP 200; what is wrong stands in the body.
 * @param token in the body: the header is known from 6.4 on, and what stands in the body until 7.0
 * @see https://www.zabbix.com/documentation/6.0/en/manual/api
 */
export function createCall(
  api: MonitorApi,
  url: string,
  token: () => string | undefined,
): Call {
  return async (method, params, signal) => {
    let auth: string | undefined;
    try {
      auth = token();
    } catch (error) {
      // The file may be written anew meanwhile.
      const [fault] = faultsOf(error);
      if (fault !== undefined) return { kind: 'fault', fault, isPassing: true };
    }
    const reply = await api.ask(
      {
        method: 'POST',
        path: '/api_jsonrpc.php',
        headers: { 'content-type': 'application/json-rpc' },
        body: {
          jsonrpc: '2.0',
          method,
          params,
          id: 1,
          ...(auth === undefined ? {} : { auth }),
        },
      },
      signal,
    );
    if (reply.kind === 'failed') {
      return { kind: 'fault', fault: reply.fault, isPassing: true };
    }
    const { status, value, text } = reply;
    if (status !== 200 || !isObject(value)) {
      const fault = errors.monitorRefused(url, method, status, text);
      return { kind: 'fault', fault, isPassing: status >= 500 };
    }
    const { error, result } = value;
    if (!isObject(error)) return { kind: 'result', result };
    const why = String(error['data'] ?? error['message']);
    return {
      kind: 'fault',
      fault: faultOf(url, method, why),
      isPassing: false,
    };
  };
}

function faultOf(url: string, method: string, why: string): FaultFacts {
  if (why.startsWith('No permissions to call')) {
    return errors.zabbixMethod(url, method);
  }
  return /^(?:Not authorized|Session terminated|API token expired)/.test(why)
    ? errors.zabbixToken(url, why)
    : errors.monitorRefused(url, method, 200, why);
}
