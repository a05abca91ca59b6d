import { printable, type FaultFacts } from '@kickd/protocol';
import type { CheckStep, MonitorApi } from '../../ports.ts';
import { failed, passed } from '../../steps.ts';
import { createCall, type Call } from './rpc.ts';

/** The way to Zabbix step by step: reached, who asks, and the right for each method that kicker calls. */
export async function* checkZabbix(
  {
    call,
    callRecheck,
    api,
    url,
    tag,
    tagValue,
  }: {
    call: Call;
    callRecheck: Call | undefined;
    api: MonitorApi;
    url: string;
    tag: string;
    tagValue: string;
  },
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const version = await createCall(api, url, () => undefined)(
    'apiinfo.version',
    {},
    signal,
  );
  if (version.kind === 'fault') {
    yield failed('zabbix', version.fault);
    return;
  }
  yield passed(
    'zabbix',
    `${url}, version ${printable(String(version.result), 40)}`,
  );
  // Each asks for nothing, or is refused for what is missing in it: that comes after the right.
  const methods: [method: string, params: unknown, by: Call][] = [
    ['problem.get', { output: ['eventid'], limit: 1 }, call],
    ['trigger.get', { output: ['triggerid'], triggerids: ['0'] }, call],
    ['event.acknowledge', { eventids: [], action: 0 }, call],
    ...(callRecheck === undefined
      ? []
      : [['task.create', [], callRecheck] as [string, unknown, Call]]),
  ];
  for (const [method, params, by] of methods) {
    const called = await ask(by, method, params, signal);
    yield called === undefined
      ? passed('right', method)
      : failed('right', called);
  }
  // Those of hosts and templates are left out: asked for as well, Zabbix 6.0 works for minutes.
  const triggers = await call(
    'trigger.get',
    {
      countOutput: true,
      tags: [{ tag, value: tagValue, operator: 1 }],
    },
    signal,
  );
  if (triggers.kind === 'fault') yield failed('triggers', triggers.fault);
  else {
    const carry = `${tag}: ${tagValue}`;
    yield Number(triggers.result) > 0
      ? passed(
          'triggers',
          `${printable(String(triggers.result), 20)} of hosts that the token may see carry ${carry}`,
        )
      : {
          ...passed(
            'warning',
            `no trigger that the token may see carries ${carry} itself: nothing is kicked, unless a host or a template has the tag`,
          ),
          remedy:
            'give the tag to the triggers that a run can heal, and the user group of the token read-write on the group of their hosts; docs/guides/zabbix.md',
        };
  }
  if (callRecheck === undefined) {
    yield {
      step: 'recheck',
      ok: undefined,
      text: 'no recheckTokenFile: a healed service is seen green with its next check',
      remedy:
        'make a token for a role of type Super admin whose API list holds task.create alone; docs/guides/zabbix.md',
    };
  }
}

async function ask(
  call: Call,
  method: string,
  params: unknown,
  signal: AbortSignal,
): Promise<FaultFacts | undefined> {
  const called = await call(method, params, signal);
  if (called.kind === 'result') return undefined;
  const { fault } = called;
  // The server read what it was asked, so the right is there.
  return fault.code === 'MONITOR_REFUSED' ? undefined : fault;
}
