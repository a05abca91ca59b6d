import { readMaterialSync } from '@kickd/mtls';
import t from 'tap';
import { createAgentClient } from '../../src/io/agent-client.ts';
import { createParties, runId } from '../fake-kickd.ts';
import { reply, startRawHost } from '../raw-host.ts';

const dir = t.testdir();
const parties = createParties(dir);
const own = () => readMaterialSync(parties.kicker);
const client = createAgentClient(own, { connectMs: 5000, requestMs: 5000 });
const never = new AbortController().signal;

// Each row: the bytes of the reply, what is shown, and what is told at the end.
const rows: [string, string | Buffer, string, object | undefined][] = [
  ['a whole log', reply(200, 'one\ntwo\n'), 'one\ntwo\n', undefined],
  [
    'in chunks',
    'HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n',
    'one\ntwo\n',
    undefined,
  ],
  [
    'cut in the middle',
    'HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\none\n',
    'one\n',
    { code: 'REPLY_LOST', exitCode: 5 },
  ],
  [
    'refused',
    reply(403, '{"code":"ACL_DENIED","title":"denied","remedy":"type this"}'),
    '',
    { code: 'ACL_DENIED', message: 'denied', remedy: 'type this', exitCode: 3 },
  ],
  [
    'a success that is no log',
    reply(206, ''),
    '',
    { code: 'REPLY_LOST', message: /HTTP status 206/ },
  ],
];
for (const [name, bytes, shown, fault] of rows) {
  void t.test(name, async (t) => {
    const host = await startRawHost(parties.host, (socket) =>
      socket.end(bytes),
    );
    t.teardown(() => host.close());
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    const told = await client.followLog(host.target, runId, take, never);
    t.equal(text, shown);
    if (fault === undefined) t.equal(told, undefined);
    else t.match(told, fault);
    t.equal(host.heads[0]?.split('\r\n')[0], `GET /run/${runId}/log HTTP/1.1`);
  });
}

void t.test('own files are gone just now', async (t) => {
  const bare = createAgentClient(
    () => readMaterialSync({ ...parties.kicker, key: `${dir}/none.pem` }),
    { connectMs: 5000, requestMs: 5000 },
  );
  const host = await startRawHost(parties.host, () => {});
  t.teardown(() => host.close());
  t.match(await bare.followLog(host.target, runId, () => {}, never), {
    code: 'TLS_FILE_MISSING',
  });
});

void t.test('nothing more is read while a piece is being taken', async (t) => {
  const written = Promise.withResolvers<void>();
  const host = await startRawHost(parties.host, (socket) => {
    socket.write('HTTP/1.1 200 X\r\n\r\none');
    written.promise.then(
      () => socket.end('two'),
      () => {},
    );
  });
  t.teardown(() => host.close());
  const pieces: string[] = [];
  const take = async (chunk: Buffer): Promise<void> => {
    pieces.push(`${chunk.toString()} begun`);
    written.resolve();
    await new Promise(setImmediate);
    pieces.push(`${chunk.toString()} taken`);
  };
  t.equal(await client.followLog(host.target, runId, take, never), undefined);
  t.strictSame(pieces, ['one begun', 'one taken', 'two begun', 'two taken']);
});
