import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createFakeClock } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { listenerLimits } from '../../src/io/listener-limits.ts';
import { gateSources, type SourceGate } from '../../src/io/source-gate.ts';
import type { Told } from '../../src/told.ts';

/** once() would reject on a reset, which is what is waited for */
const closing = (socket: Socket): Promise<void> =>
  socket.closed
    ? Promise.resolve()
    : new Promise((resolve) => socket.once('close', () => resolve()));

/** The gate before a server that says nothing. */
async function startGate(t: Test, connections = 1000) {
  const told: Told[] = [];
  const ticks: (() => void)[] = [];
  const setInterval = t.intercept(globalThis, 'setInterval', {
    value: (tick: () => void) => {
      ticks.push(tick);
      return { unref: () => undefined };
    },
    configurable: true,
  });
  const server: Server = createServer(() => {});
  const gate: SourceGate = gateSources(server, {
    perSource: { connections, perSecond: 100_000 },
    clock: createFakeClock(),
    narrator: { tell: (event) => void told.push(event) },
  });
  setInterval.restore();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  t.teardown(() => {
    gate.destroyAll();
    gate.close();
    server.close();
  });
  const accepted = (): Promise<number> =>
    new Promise((resolve, reject) =>
      server.getConnections((error, count) =>
        error === null ? resolve(count) : reject(error),
      ),
    );
  /** resolves once the connection is there, or is gone */
  const knock = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    const over = closing(socket);
    socket.on('error', () => {}).resume();
    const served = once(server, 'connection');
    await Promise.race([served, over]);
    return socket;
  };
  return {
    server,
    gate,
    told,
    tick: () => ticks.forEach((one) => one()),
    accepted,
    knock,
  };
}

t.test('no more connections than there are places, of whomever', async (t) => {
  const { server, accepted, knock } = await startGate(t);
  t.equal(server.maxConnections, listenerLimits.connectionsHardMax);
  const closed: Promise<unknown>[] = [];
  const sockets: Socket[] = [];
  const { connectionsMax } = listenerLimits;
  for (let n = 0; n < connectionsMax + 20; n += 1) {
    const socket = await knock(`127.2.${String(n >> 8)}.${String(n & 255)}`);
    sockets.push(socket);
    closed.push(closing(socket));
  }
  await Promise.all(closed.slice(0, 20));
  t.equal(await accepted(), connectionsMax, 'the first made room');
  t.ok(sockets.slice(20).every((socket) => !socket.destroyed));
});

t.test(
  'who was turned away is told at once, and then in one line',
  async (t) => {
    const { told, tick, knock } = await startGate(t, 1);
    const first = await knock('127.0.0.3');
    for (let n = 0; n < 5; n += 1) {
      const socket = await knock('127.0.0.3');
      await closing(socket);
    }
    const counts = (): number[] =>
      told.flatMap((event) =>
        event.event === 'connection-refused' ? [event.count] : [],
      );
    t.strictSame(counts(), [1]);
    tick();
    t.strictSame(counts(), [1, 4], 'the rest');
    t.match(told.at(-1), { ip: '127.0.0.3', code: 'SOURCE_TOO_MANY_OPEN' });
    tick();
    t.strictSame(counts(), [1, 4], 'nothing new');
    first.destroy();
  },
);

t.test('a peer that says nothing ends with the listener', async (t) => {
  const { gate, knock } = await startGate(t);
  const sockets = [await knock('127.0.0.4'), await knock('127.0.0.5')];
  const closed = sockets.map(closing);
  gate.destroyAll();
  await Promise.all(closed);
  t.ok(sockets.every(({ closed: isClosed }) => isClosed));
});
