import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { writeSsl } from '@kickd/testkit';
import { createParties } from '../fake-kickd.ts';
import {
  createMonitorHost,
  freePort,
  keyOf,
  kicksOf,
  kindsOf,
  startHost,
  until,
} from '../monitor-host.ts';

const root = t.testdir();
const { pki, host, kicker } = createParties(root);
const slowName = 'slow.example.com';
const slowFiles = writeSsl(join(root, slowName), {
  ...pki.issue({ certname: slowName }),
  ca: pki.ca,
  crl: pki.crl,
});
const dark = Array.from({ length: 60 }, (_, n) => `dark${String(n)}`);
const gone = Array.from({ length: 20 }, (_, n) => `gone${String(n)}`);

/** Takes connections and never says a word. */
async function startDarkness(t: Test): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

void t.test(
  'hosts that are dark, refuse or are slow hold up nobody',
  async (t) => {
    const well = await startHost(t, host);
    well.behave('accept', 'ended');
    const slow = await startHost(t, slowFiles);
    slow.behave('hold');
    const [darkPort, gonePort] = [await startDarkness(t), await freePort()];
    const at = (name: string, port: number) =>
      [name, { certname: `${name}.example.com`, port }] as const;
    const monitor = createMonitorHost(t, root, {
      kicker,
      port: well.port,
      more: {
        hosts: {
          Web1: { certname: 'web1.example.com' },
          Slow: { certname: slowName, port: slow.port },
          ...Object.fromEntries([
            ...dark.map((name) => at(name, darkPort)),
            ...gone.map((name) => at(name, gonePort)),
          ]),
        },
        timeouts: { connectSeconds: 2, requestSeconds: 60 },
      },
      guards: {
        concurrency: 100,
        rate: { kicks: 1000, perSeconds: 1 },
        share: { percent: 30, hosts: 2, hostsOfUnknown: 1000 },
      },
    });
    const serving = await monitor.serve();
    // Where nobody served, the handler would start /bin/false and fail: so it has waited for no host.
    const handed = [...dark, ...gone, 'Slow', 'Web1'].map((name) =>
      monitor.event({ host: name }),
    );
    t.strictSame(
      handed.filter(({ status, said }) => status !== 0 || said !== ''),
      [],
    );
    await until(() => kindsOf(monitor).includes('outcome'));
    t.equal(kicksOf(well).size, 1);
    for (const name of [...dark, ...gone, 'Slow']) {
      t.notOk(kindsOf(monitor, keyOf(name)).includes('outcome'), name);
    }
    // They are tried again and again, each under its one id.
    await until(() =>
      gone.every(
        (name) =>
          kindsOf(monitor, keyOf(name)).filter((kind) => kind === 'reply')
            .length > 1,
      ),
    );
    slow.release('ended');
    await until(() => kindsOf(monitor, keyOf('Slow')).includes('outcome'));
    t.equal(kicksOf(slow).size, 1);
    for (const name of [...dark, ...gone]) {
      const kinds = kindsOf(monitor, keyOf(name));
      t.equal(kinds.filter((kind) => kind === 'kick').length, 1, name);
    }
    t.equal(await serving.kill(), 0, 'it ends, whoever is asked just then');
  },
);
