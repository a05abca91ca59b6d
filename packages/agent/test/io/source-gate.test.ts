import { EventEmitter, once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  TLSSocket,
} from 'node:tls';
import { rawRequest } from '@kickd/testkit';
import t, { type Test } from 'tap';
import {
  kickOf,
  monitor,
  postHead,
  startFixture,
  web,
  type Fixture,
} from '../fixture.ts';

const acl = `path /\nallow ${monitor}\n`;

/**
 * A flood that never ends by itself: whoever is cut off comes again, until the test is over. One after the other, for
 * this process is the server too: a flood that did not wait for it would fill the accept queue on a slow machine, and
 * the kernel then drops each SYN, those of the honest as well.
 */
async function stand(
  t: Test,
  count: number,
  open: (n: number) => Socket,
): Promise<void> {
  const life = new AbortController();
  const sockets = new Set<Socket>();
  const cutOff: number[] = [];
  const bell = new EventEmitter();
  t.teardown(() => {
    life.abort();
    bell.emit('cut-off');
    for (const socket of sockets) socket.destroy();
  });
  const start = (n: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = open(n);
      sockets.add(socket);
      socket.once(
        socket instanceof TLSSocket ? 'secureConnect' : 'connect',
        resolve,
      );
      // its 'close' follows
      socket.on('error', () => undefined);
      socket.resume();
      socket.once('close', () => {
        sockets.delete(socket);
        cutOff.push(n);
        bell.emit('cut-off');
        resolve();
      });
    });
  for (let n = 0; n < count; n += 1) await start(n);
  const comeAgain = async (): Promise<void> => {
    while (!life.signal.aborted) {
      const n = cutOff.shift();
      if (n === undefined) await once(bell, 'cut-off');
      else await start(n);
    }
  };
  void comeAgain();
}

async function expectServed(t: Test, fixture: Fixture): Promise<void> {
  for (let n = 0; n < 5; n += 1) {
    const reply = await fixture.get('/status');
    t.equal(reply.status, 200, `${reply.text}${reply.error ?? ''}`);
  }
  const kick = await fixture.post(kickOf(Math.floor(Math.random() * 1e9)));
  t.equal(kick.status, 202, kick.text);
  if (kick.status !== 202) return;
  const { run } = fixture.runOf(kick);
  await fixture.heard((e) => e.event === 'run-ended' && e.run === run);
}

t.test('one source cannot take the slots of another', async (t) => {
  const fixture = await startFixture(t.testdir(), { acl });
  t.teardown(() => fixture.agent.close());
  const { port } = fixture.agent;
  await stand(t, 1000, () =>
    connectTcp({ host: '127.0.0.1', port, localAddress: '127.0.0.2' }),
  );
  await expectServed(t, fixture);
  const told = await fixture.heard((e) => e.event === 'connection-refused');
  t.match(told, {
    ip: '127.0.0.2',
    code: 'SOURCE_TOO_MANY_OPEN',
    count: 1,
    remedy: /perSource/,
  });
  t.equal(
    fixture.told.filter((e) => e.event === 'connection-refused').length,
    1,
    'a thousand connections, one line',
  );
});

type Open = (fixture: Fixture, from: string, tls: object) => Socket;
const begin =
  (head: string): Open =>
  (fixture, localAddress, tls) => {
    const { port } = fixture.agent;
    // net's option, which tls.connect passes on and its type leaves out
    const options = { ...tls, host: '127.0.0.1', port, localAddress };
    const socket = connectTls(options);
    socket.write(head);
    return socket;
  };
/** more than there are slots; a handshake costs this process, which is both ends, some milliseconds */
const floods: [string, number, Open][] = [
  [
    'silent connections',
    1000,
    (fixture, localAddress) =>
      connectTcp({ host: '127.0.0.1', port: fixture.agent.port, localAddress }),
  ],
  ['slow heads', 300, begin('GET /status HTTP/1.1\r\n')],
  ['slow bodies', 300, begin(`${postHead(100)}{`)],
];
for (const [what, count, open] of floods) {
  t.test(
    `${String(count)} ${what} of as many sources fill no slot for good`,
    async (t) => {
      const fixture = await startFixture(t.testdir(), { acl });
      t.teardown(() => fixture.agent.close());
      // the worst of all: the monitor's own certificate, stolen
      const secureContext = createSecureContext(
        fixture.pki.issue({ certname: monitor }),
      );
      const tls = { secureContext, rejectUnauthorized: false, servername: web };
      await stand(t, count, (n) =>
        open(fixture, `127.1.${String(n >> 8)}.${String(n & 255)}`, tls),
      );
      await expectServed(t, fixture);
    },
  );
}

t.test(
  'a source whose handshakes fail is turned away for a while',
  async (t) => {
    const fixture = await startFixture(t.testdir(), {
      acl,
      perSource: { connections: 32, perSecond: 1 },
    });
    t.teardown(() => fixture.agent.close());
    const revoked = fixture.pki.issue({
      certname: 'web8.example.com',
      key: 'ec',
    });
    fixture.pki.revoke(revoked.cert);
    const knock = () =>
      rawRequest(
        fixture.agent.port,
        {
          rejectUnauthorized: false,
          servername: web,
          ...({ localAddress: '127.0.0.2' } as object),
        },
        [`GET /status HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
      );
    let answers = 0;
    for (;;) {
      const { status } = await knock();
      if (status !== 403) break;
      answers += 1;
    }
    t.ok(answers < 40, `${String(answers)} answers, of a burst of 200`);
    t.match(
      fixture.told.find((e) => e.event === 'connection-refused'),
      { ip: '127.0.0.2', code: 'SOURCE_TOO_FAST' },
    );
    await expectServed(t, fixture);
  },
);
