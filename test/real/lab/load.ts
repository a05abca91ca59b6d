/**
 * Requests to kickd on this host, one after the other in a few lines, until a file appears:
 * `node load.ts SSLDIR STOPFILE` prints `{"asked", "answered", "refused", "broken", "lost"}`. Refused: nobody
 * had the port; broken: a connection that came about and ended without an answer, which is asked again, as
 * kicker does; lost: not answered then either.
 */
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

const [dir = '', stopFile = ''] = process.argv.slice(2);
const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
const material = {
  ca: read('ca.pem'),
  cert: read('cert.pem'),
  key: read('key.pem'),
};
const count = { asked: 0, answered: 0, refused: 0, broken: 0, lost: 0 };
const why = new Map<string, number>();

await Promise.all(Array.from({ length: 4 }, askOn));
const reasons = Object.fromEntries(why);
process.stdout.write(`${JSON.stringify({ ...count, reasons })}\n`);

async function askOn(): Promise<void> {
  while (!existsSync(stopFile)) {
    count.asked += 1;
    let result = await ask();
    for (let again = 0; again < 2 && result !== '200'; again += 1) {
      count[result === 'ECONNREFUSED' ? 'refused' : 'broken'] += 1;
      why.set(result, (why.get(result) ?? 0) + 1);
      result = await ask();
    }
    count[result === '200' ? 'answered' : 'lost'] += 1;
  }
}

function ask(): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      {
        ...material,
        host: '127.0.0.1',
        port: 8139,
        servername: 'web1.example.com',
        path: '/status',
        agent: false,
        timeout: 30_000,
      },
      (reply) => {
        reply.resume();
        reply.on('end', () => resolve(String(reply.statusCode)));
        reply.on('error', () => resolve('cut off'));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code ?? error.message),
    );
    asked.end();
  });
}
