import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { createUuid7, type Because } from '@kickd/protocol';
import { managedHost, type Site } from '../scripts/site/site.ts';

/** A new kick, as the body of `POST /run`. */
export function kickBody(because?: Because): string {
  return JSON.stringify({
    kick: createUuid7(Date.now(), randomBytes(10)),
    certname: managedHost,
    because,
  });
}

interface Answer {
  status: number;
  text: string;
  location: string;
  askedAtMs: number;
}

/** Asks kickd without a process of its own: one connection a request, as kicker does. */
export function createClient(site: Site): {
  /** @returns the path of the run */
  kick(): Promise<string>;
  /** @returns when the first byte of the request left, by the wall clock, and the path of the run */
  kickAt(because: Because): Promise<{ askedAtMs: number; run: string }>;
  /** resolves when the run has ended, with the whole answer */
  waitFor(run: string): Promise<string>;
} {
  const file = (name: string): string =>
    readFileSync(join(site.monitorSsl, `${name}.pem`), 'utf8');
  const agent = new Agent({ keepAlive: false, maxCachedSessions: 0 });
  const material = { cert: file('cert'), key: file('key'), ca: file('ca') };
  const ask = (
    method: 'GET' | 'POST',
    path: string,
    body?: string,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = request({
        ...material,
        agent,
        method,
        path,
        host: '127.0.0.1',
        port: site.port,
        servername: managedHost,
        ...(body !== undefined && {
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        }),
      });
      let askedAtMs = 0;
      asked.on('error', reject);
      // Node writes the request right after it
      asked.on('socket', (socket) =>
        socket.once('secureConnect', () => {
          askedAtMs = Date.now();
        }),
      );
      asked.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text,
            askedAtMs,
            location: response.headers.location ?? '',
          }),
        );
      });
      asked.end(body);
    });
  const kickAt = async (
    because?: Because,
  ): Promise<{ askedAtMs: number; run: string }> => {
    const answer = await ask('POST', '/run', kickBody(because));
    const { status, text, location, askedAtMs } = answer;
    if (status !== 202) throw new Error(`${String(status)}: ${text}`);
    return { askedAtMs, run: location };
  };
  return {
    kick: async () => (await kickAt()).run,
    kickAt,
    waitFor: async (run) => {
      for (;;) {
        const { status, text } = await ask('GET', `${run}?wait=60`);
        if (status !== 200) throw new Error(`${String(status)}: ${text}`);
        if (/"state":\s*"ended"/.test(text)) return text;
      }
    },
  };
}
