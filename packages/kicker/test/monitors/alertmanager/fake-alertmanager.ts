import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Silence {
  id: string;
  createdBy: string;
  comment: string;
  endsAt: string;
  matchers: { name: string; value: string }[];
  status: { state: 'active' | 'expired' };
}

/** The answers of a real Alertmanager 0.25 and Prometheus 2.42, for what these will not do on demand. */
export interface FakeAlertmanager {
  url: string;
  /** what fires now, in the form of the API */
  alerts: Record<string, unknown>[];
  silences: Silence[];
  /** series of the expression of the rule */
  series: Record<string, string>[];
  rules: { name: string; query: string; labels: Record<string, string> }[];
  /** epoch seconds of the last scrape; undefined: the target is gone */
  scrapedAt: number | undefined;
  /** how far the clock of Prometheus is ahead */
  aheadSeconds: number;
  /** paths that were asked */
  asked: string[];
  /** silences that were set or taken back */
  told: {
    feedback: 'hold' | 'release';
    matchers: Silence['matchers'];
    untilMs?: number;
  }[];
  /** 0: as usual */
  failWith: number;
  /** its alerts and what Prometheus has cannot be asked for, and silences can */
  failPolls: boolean;
  /** resolves when it was asked for its alerts so many times more */
  polled(times: number): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeAlertmanager(): Promise<FakeAlertmanager> {
  const waiters: { left: number; resolve: () => void }[] = [];
  const fake: FakeAlertmanager = {
    url: '',
    alerts: [],
    silences: [],
    series: [],
    rules: [
      {
        name: 'WebDown',
        query: 'up{job="web"} == 0',
        labels: { severity: 'critical', service: 'apache2' },
      },
    ],
    scrapedAt: Date.now() / 1000 + 3600,
    aheadSeconds: 0,
    asked: [],
    told: [],
    failWith: 0,
    failPolls: false,
    polled: (times) =>
      new Promise((resolve) => void waiters.push({ left: times, resolve })),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server: Server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    fake.asked.push(`${method} ${url}`);
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      };
      const { pathname, searchParams } = new URL(url, 'http://x');
      const isSilence = pathname.startsWith('/api/v2/silence');
      if (fake.failWith > 0) return answer(fake.failWith, 'it fails');
      if (fake.failPolls && !isSilence) return answer(503, 'it fails');
      if (pathname === '/api/v2/alerts') {
        answer(200, fake.alerts);
        for (const waiter of waiters.splice(0)) {
          waiter.left -= 1;
          if (waiter.left < 0) waiter.resolve();
          else waiters.push(waiter);
        }
      } else if (pathname === '/api/v2/status') {
        answer(200, { versionInfo: { version: '0.25.0' } });
      } else if (pathname === '/api/v2/receivers') {
        answer(200, [{ name: 'kicker' }, { name: 'pager' }]);
      } else if (pathname === '/api/v2/silences' && method === 'POST') {
        const body = JSON.parse(text) as Silence;
        if (Date.parse(body.endsAt) < Date.now()) {
          return answer(
            400,
            "Failed to create silence: end time can't be in the past",
          );
        }
        const id = body.id || `id-${String(fake.silences.length + 1)}`;
        fake.told.push({
          feedback: 'hold',
          matchers: body.matchers,
          untilMs: Date.parse(body.endsAt),
        });
        fake.silences = fake.silences.filter((one) => one.id !== id);
        fake.silences.push({ ...body, id, status: { state: 'active' } });
        answer(200, { silenceID: id });
      } else if (pathname === '/api/v2/silences') {
        answer(200, fake.silences);
      } else if (method === 'DELETE') {
        const found = fake.silences.find((one) =>
          pathname.endsWith(`/${one.id}`),
        );
        if (found === undefined) return answer(500, '"silence not found"');
        found.status.state = 'expired';
        fake.told.push({ feedback: 'release', matchers: found.matchers });
        answer(200, '');
      } else if (pathname === '/api/v1/rules') {
        answer(200, {
          status: 'success',
          data: { groups: [{ rules: fake.rules }] },
        });
      } else if (pathname === '/api/v1/query') {
        const query = searchParams.get('query') ?? '';
        const time = Date.now() / 1000 + fake.aheadSeconds;
        const result =
          query === 'vector(time())'
            ? [{ metric: {}, value: [0, String(time)] }]
            : query.startsWith('timestamp(')
              ? fake.scrapedAt === undefined
                ? []
                : [{ metric: {}, value: [0, String(fake.scrapedAt)] }]
              : fake.series.map((metric) => ({ metric, value: [0, '0'] }));
        answer(200, {
          status: 'success',
          data: { resultType: 'vector', result },
        });
      } else answer(404, 'not found');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  fake.url = `http://127.0.0.1:${String(port)}`;
  return fake;
}
