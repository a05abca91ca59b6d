import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { monitorDefaults } from '../../../src/monitors/defaults.ts';
import { createSensu } from '../../../src/monitors/sensu/adapter.ts';

const never = new AbortController().signal;
const place = { host: 'web1.example.com', service: 'check http/1' };

/** A Sensu whose answers are those of its documentation. */
async function createSite(t: Test) {
  const site = {
    status: 202,
    asked: [] as { line: string; key: string | undefined; body: unknown }[],
  };
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { method, url, headers } = request;
      site.asked.push({
        line: `${String(method)} ${String(url)}`,
        key: headers.authorization,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      });
      response.writeHead(site.status, { 'content-type': 'application/json' });
      response.end(method === 'GET' ? '[]' : '{"issued":1543861798}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const tokenFile = join(t.testdir(), 'key');
  writeFileSync(tokenFile, 'a-key\n', { mode: 0o600 });
  const monitor = createSensu(
    'sensu',
    {
      ...monitorDefaults.sensu,
      api: { url: `http://127.0.0.1:${String(port)}`, tokenFile },
    },
    {
      now: () => new Date(),
      pause: () => Promise.resolve(),
      knowsHost: () => false,
      onTrouble: () => {},
    },
  );
  const steps = async () => {
    const found = [];
    for await (const step of monitor.check(never)) found.push(step);
    return found;
  };
  return { site, monitor, tokenFile, steps };
}

void t.test('it looks again, at one check of one entity', async (t) => {
  const { site, monitor } = await createSite(t);
  t.strictSame([...monitor.can], ['recheck']);
  t.strictSame(await monitor.tell({ kind: 'recheck' }, place, never), {
    kind: 'done',
  });
  t.strictSame(site.asked, [
    {
      line: 'POST /api/core/v2/namespaces/default/checks/check%20http%2F1/execute',
      key: 'Key a-key',
      body: {
        check: 'check http/1',
        subscriptions: ['entity:web1.example.com'],
      },
    },
  ]);
  t.match(await monitor.tell({ kind: 'comment', text: 'x' }, place, never), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'MONITOR_DEAF' },
  });
});

void t.test('what does not work, and whether it passes', async (t) => {
  const { site, monitor, tokenFile } = await createSite(t);
  const tell = (at: typeof place) =>
    monitor.tell({ kind: 'recheck' }, at, never);
  for (const [status, isFinal, code] of [
    [401, true, 'SENSU_KEY'],
    [403, true, 'SENSU_KEY'],
    [404, true, 'MONITOR_REFUSED'],
    [500, false, 'MONITOR_REFUSED'],
  ] as const) {
    site.status = status;
    t.match(await tell(place), { kind: 'failed', isFinal, fault: { code } });
  }
  site.asked.length = 0;
  for (const at of [
    { ...place, service: '' },
    { ...place, service: 'a\nb' },
    { ...place, host: '' },
  ]) {
    t.match(await tell(at), {
      kind: 'failed',
      isFinal: true,
      fault: { code: 'SENSU_NAME' },
    });
  }
  writeFileSync(tokenFile, '');
  t.match(await tell(place), {
    kind: 'failed',
    isFinal: false,
    fault: { code: 'SECRET_UNREADABLE' },
  });
  t.strictSame(site.asked, [], 'nothing was asked for any of these');
});

void t.test('the way to it', async (t) => {
  const { site, steps, tokenFile } = await createSite(t);
  site.status = 200;
  t.match(await steps(), [{ step: 'sensu', ok: true, text: /default/ }]);
  t.match(site.asked[0], {
    line: 'GET /api/core/v2/namespaces/default/checks?limit=1',
  });
  site.status = 401;
  t.match(await steps(), [
    { ok: false, code: 'SENSU_KEY', remedy: /sensuctl api-key grant kicker/ },
  ]);
  site.status = 503;
  t.match(await steps(), [{ ok: false, code: 'MONITOR_REFUSED' }]);
  writeFileSync(tokenFile, '');
  t.match(await steps(), [{ ok: false, code: 'SECRET_UNREADABLE' }]);
});
