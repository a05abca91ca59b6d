import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject } from '../../../src/monitors/payload.ts';

interface Asked {
  method: string;
  params: unknown;
  auth?: string;
}

export interface FakeZabbix {
  url: string;
  problems: object[];
  triggers: object[];
  /** how many have the tag of kicker, as its API says a number */
  triggersTagged: string;
  /** method → data of the error */
  errors: Record<string, string>;
  status: number;
  asked: Asked[];
  /** resolves when it was asked for its problems two times more, and what the second brought is taken */
  polls(): Promise<void>;
  /** down: every connection is reset */
  setUp(isUp: boolean): void;
  close(): Promise<void>;
}

export const problemNow = (change: object = {}) => ({
  eventid: '55',
  objectid: '23133',
  clock: '1795715208',
  name: 'http is down',
  severity: '4',
  acknowledged: '0',
  suppressed: '0',
  r_eventid: '0',
  acknowledges: [] as object[],
  tags: [
    { tag: 'service', value: 'http' },
    { tag: 'kickd', value: 'yes' },
  ],
  ...change,
});

export const trigger = {
  triggerid: '23133',
  hosts: [{ host: 'web1.example.com', maintenance_status: '0' }],
  groups: [{ name: 'web' }],
  items: [
    { itemid: '44518', key_: 'net.tcp.service[http]', type: '3' },
    { itemid: '44519', key_: 'trap', type: '2' },
  ],
};

/** A Zabbix whose answers are those of samples recorded from 6.0. */
export async function startFakeZabbix(): Promise<FakeZabbix> {
  const waiters: { left: number; resolve: () => void }[] = [];
  let isUp = true;
  const fake: FakeZabbix = {
    url: '',
    problems: [],
    triggers: [trigger],
    triggersTagged: '12',
    errors: {},
    status: 200,
    asked: [],
    polls: () =>
      new Promise<void>((resolve) => void waiters.push({ left: 3, resolve })),
    setUp: (up) => {
      isUp = up;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((request, response) => {
    if (!isUp) {
      request.socket.resetAndDestroy();
      return;
    }
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      const asked = JSON.parse(text) as Asked;
      fake.asked.push(asked);
      const data = fake.errors[asked.method];
      const results: Record<string, unknown> = {
        'problem.get': fake.problems,
        'trigger.get':
          isObject(asked.params) && 'countOutput' in asked.params
            ? fake.triggersTagged
            : fake.triggers,
        'event.acknowledge': { eventids: [55] },
        'task.create': { taskids: ['21'] },
        'apiinfo.version': '6.0.14',
      };
      response.writeHead(fake.status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          ...(data === undefined
            ? { result: results[asked.method] }
            : { error: { code: -32602, message: 'Invalid params.', data } }),
        }),
      );
      if (asked.method !== 'trigger.get' && data === undefined) return;
      for (const waiter of waiters.splice(0)) {
        waiter.left -= 1;
        if (waiter.left < 0) waiter.resolve();
        else waiters.push(waiter);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  fake.url = `http://127.0.0.1:${String(port)}`;
  return fake;
}
