import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createTlsServer,
  type ServerOptions,
} from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

type Fields = Record<string, unknown>;

/** One action as it came. */
interface ToldIcinga {
  action: string;
  name: string;
  body: Fields;
}

export interface FakeIcinga {
  url: string;
  hosts: Map<string, Fields>;
  /** by `HOST!SERVICE` */
  services: Map<string, Fields>;
  /** acknowledgement comments: object → author */
  authors: Map<string, string>;
  told: ToldIcinga[];
  /** every question, by path */
  asked: { path: string; body: Fields }[];
  permissions: string[];
  programStart: number;
  /** in place of the answer to these paths, while it says so */
  override: ((path: string, body: Fields) => [number, unknown] | undefined)[];
  setHost(name: string, fields?: Fields): void;
  setService(name: string, fields?: Fields): void;
  /** sends one event to whoever follows */
  send(event: Fields): void;
  /** sends raw bytes to whoever follows */
  sendRaw(bytes: string | Buffer): boolean;
  followers(): number;
  /** resolves when so many follow */
  waitFollowers(count: number): Promise<void>;
  /** resolves when so many questions about this path were answered */
  waitAsked(path: string, count: number): Promise<void>;
  /** nothing is being asked, and nothing was within the last turns */
  isIdle(): boolean;
  /** ends each stream, as a reload does */
  reload(): void;
  /** down: every connection is reset */
  setUp(isUp: boolean): void;
  close(): Promise<void>;
}

/** As much of the API of Icinga 2.13 as kicker uses, with its answers as they were recorded. */
export async function startFakeIcinga(
  tls?: ServerOptions,
): Promise<FakeIcinga> {
  const sockets = new Set<Socket>();
  const streams = new Set<ServerResponse>();
  const waiters = new Set<() => void>();
  const changed = (): void => {
    for (const look of waiters) look();
  };
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        waiters.delete(look);
        resolve();
      };
      waiters.add(look);
      look();
    });
  let isUp = true;
  /** when the last question was answered */
  let answeredMs = performance.now();

  const answer = (
    response: ServerResponse,
    status: number,
    value: unknown,
  ): void => {
    const text = JSON.stringify(value);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
    answeredMs = performance.now();
  };
  const noObjects = { error: 404, status: 'No objects found.' };

  const handle = (
    request: IncomingMessage,
    response: ServerResponse,
    body: Fields,
  ): void => {
    const path = request.url ?? '';
    fake.asked.push({ path, body });
    const instead = fake.override
      .map((one) => one(path, body))
      .find((one) => one !== undefined);
    if (instead !== undefined) {
      answer(response, ...instead);
    } else if (path === '/v1/events') {
      follow(response);
    } else if (path === '/v1') {
      const { permissions } = fake;
      answer(response, 200, {
        results: [
          { info: '', permissions, user: 'kicker', version: 'r2.13.6-1' },
        ],
      });
    } else if (path.startsWith('/v1/status')) {
      answer(response, 200, { results: statuses() });
    } else if (path.startsWith('/v1/objects/')) {
      if (request.headers['x-http-method-override'] !== 'GET') {
        answer(response, 400, { error: 400, status: 'no override' });
      } else query(path.slice('/v1/objects/'.length), body, response);
    } else if (path.startsWith('/v1/actions/')) {
      act(path.slice('/v1/actions/'.length), body, response);
    } else answer(response, 404, noObjects);
    changed();
  };

  const follow = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    streams.add(response);
    response.once('close', () => {
      streams.delete(response);
      changed();
    });
  };

  const statuses = (): unknown[] => [
    {
      name: 'CIB',
      perfdata: [],
      status: { uptime: Date.now() / 1000 - fake.programStart },
    },
    {
      name: 'IcingaApplication',
      perfdata: [],
      status: {
        icingaapplication: {
          app: {
            enable_event_handlers: true,
            program_start: fake.programStart,
          },
        },
      },
    },
  ];

  const query = (
    kind: string,
    body: Fields,
    response: ServerResponse,
  ): void => {
    const result = (name: string, all: Fields): unknown => {
      const wanted = body['attrs'] as string[];
      const joins = (body['joins'] as string[] | undefined) ?? [];
      const host = fake.hosts.get(String(all['host_name'])) ?? {};
      return {
        name,
        type: kind === 'services' ? 'Service' : 'Host',
        meta: {},
        attrs: pick(all, wanted),
        joins:
          joins.length === 0
            ? {}
            : {
                host: pick(
                  host,
                  joins.map((one) => one.slice('host.'.length)),
                ),
              },
      };
    };
    if (kind === 'comments') {
      const vars = body['filter_vars'] as Fields | undefined;
      const found = [...fake.authors].flatMap(([key, author]) => {
        const [host = '', service = ''] = key.split('!');
        const fits =
          vars === undefined || (vars['h'] === host && vars['s'] === service);
        return fits
          ? [
              {
                name: `${key}!x`,
                type: 'Comment',
                meta: {},
                joins: {},
                attrs: { host_name: host, service_name: service, author },
              },
            ]
          : [];
      });
      answer(response, 200, { results: found });
      return;
    }
    const all = kind === 'services' ? fake.services : fake.hosts;
    const single = kind.slice(0, -1);
    const vars = body['filter_vars'] as { names: string[] } | undefined;
    const names =
      (body[kind] as string[] | undefined) ??
      (typeof body[single] === 'string' ? [body[single]] : undefined);
    if (names !== undefined && names.length > 0) {
      if (!names.every((name) => all.has(name))) {
        answer(response, 404, noObjects);
        return;
      }
      answer(response, 200, {
        results: names.map((name) => result(name, all.get(name) ?? {})),
      });
      return;
    }
    const found = [...all].filter(([name, one]) =>
      vars === undefined
        ? body['filter'] === undefined || one['problem'] === true
        : vars.names.includes(name),
    );
    answer(response, 200, {
      results: found.map(([name, one]) => result(name, one)),
    });
  };

  const act = (
    action: string,
    body: Fields,
    response: ServerResponse,
  ): void => {
    const type = String(body['type']);
    const name = body[type.toLowerCase()];
    if (typeof name !== 'string') throw new Error('an action on all objects');
    const key = name;
    const all = type === 'Service' ? fake.services : fake.hosts;
    const object = all.get(key);
    if (object === undefined) {
      answer(response, 404, noObjects);
      return;
    }
    const said = (code: number, status: string): void =>
      answer(response, code, { results: [{ code, status }] });
    fake.told.push({ action, name: key, body });
    switch (action) {
      case 'acknowledge-problem':
        if (fake.authors.has(key)) {
          said(409, `${type} ${key} is already acknowledged.`);
          return;
        }
        if (object['state'] === 0) {
          said(409, `${type} ${key} is OK.`);
          return;
        }
        fake.authors.set(key, String(body['author']));
        object['acknowledgement'] = 2;
        break;
      case 'remove-acknowledgement':
        fake.authors.delete(key);
        object['acknowledgement'] = 0;
        break;
    }
    said(200, `Successfully did ${action} for object '${key}'.`);
  };

  const listener = (
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      handle(
        request,
        response,
        text === '' ? {} : (JSON.parse(text) as Fields),
      );
    });
  };
  const server =
    tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', (socket: Socket) => {
    if (!isUp) {
      socket.resetAndDestroy();
      return;
    }
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const fake: FakeIcinga = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    hosts: new Map(),
    services: new Map(),
    authors: new Map(),
    told: [],
    asked: [],
    permissions: ['*'],
    programStart: Math.floor(Date.now() / 1000) - 3600,
    override: [],
    setHost: (name, fields = {}) => {
      fake.hosts.set(name, { ...aHost(name), ...fields });
    },
    setService: (name, fields = {}) => {
      const [host = '', service = ''] = name.split('!');
      if (!fake.hosts.has(host)) fake.setHost(host);
      fake.services.set(name, { ...aService(host, service), ...fields });
    },
    send: (event) => {
      fake.sendRaw(
        `${JSON.stringify({ timestamp: Date.now() / 1000, ...event })}\n`,
      );
    },
    sendRaw: (bytes) =>
      [...streams].map((one) => one.write(bytes)).every(Boolean),
    followers: () => streams.size,
    waitFollowers: (count) => until(() => streams.size === count),
    waitAsked: (path, count) =>
      until(
        () => fake.asked.filter((one) => one.path === path).length >= count,
      ),
    // The client is of the same process: so long without a question means that it has none.
    isIdle: () => performance.now() - answeredMs > idleMs,
    reload: () => {
      for (const one of streams) one.end();
    },
    setUp: (up) => {
      isUp = up;
      if (!up) for (const socket of sockets) socket.resetAndDestroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

const idleMs = 60;

function pick(all: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.flatMap((name) => (name in all ? [[name, all[name]]] : [])),
  );
}

const nowSeconds = (): number => Date.now() / 1000;

function aHost(name: string): Fields {
  return {
    name,
    address: '192.0.2.11',
    state: 0,
    state_type: 1,
    check_attempt: 1,
    max_check_attempts: 3,
    last_state_change: 1_795_713_053.085847,
    last_hard_state_change: 1_795_713_053.085847,
    last_state_up: nowSeconds(),
    last_check: nowSeconds(),
    last_reachable: true,
    downtime_depth: 0,
    acknowledgement: 0,
    flapping: false,
    enable_flapping: false,
    problem: false,
    enable_active_checks: true,
    groups: ['web', 'all-linux'],
    vars: { certname: name, os: 'Linux' },
  };
}

function aService(host: string, service: string): Fields {
  return {
    name: service,
    host_name: host,
    state: 0,
    state_type: 1,
    check_attempt: 1,
    max_check_attempts: 4,
    last_state_change: nowSeconds() - 60,
    last_hard_state_change: nowSeconds() - 60,
    last_state_ok: nowSeconds(),
    last_check: nowSeconds(),
    last_reachable: true,
    downtime_depth: 0,
    acknowledgement: 0,
    flapping: false,
    enable_flapping: false,
    problem: false,
    enable_active_checks: true,
    vars: { kickd: 'yes' },
  };
}

/** What makes a service a problem since that second. */
export function broken(lastOk: number, more: Fields = {}): Fields {
  return {
    state: 2,
    problem: true,
    last_state_ok: lastOk + 0.25,
    last_check: nowSeconds(),
    ...more,
  };
}
