import type { ConnectionOptions } from 'node:tls';
import {
  acceptOutcome,
  type Kick,
  type Run,
  type Status,
} from '@kickd/protocol';
import { rawRequest } from '@kickd/testkit';
import { host } from './site.ts';

/** What a caller learns: `unknown` when the answer never came, as when kickd is killed. */
export type Reply =
  | { kind: 'run'; status: number; run: Run }
  | { kind: 'refused'; status: number; code: string }
  | { kind: 'unknown'; why: string };

export interface Client {
  post(kick: Kick): Promise<Reply>;
  get(run: string, waitSeconds?: number): Promise<Reply>;
  cancel(run: string): Promise<Reply>;
  status(): Promise<Status>;
}

export function createClient(port: number, tls: ConnectionOptions): Client {
  const ask = async (head: string, body = ''): Promise<Reply> => {
    const { status, text, code, error } = await rawRequest(port, tls, [
      `${head} HTTP/1.1\r\nHost: ${host}\r\n${acceptOutcome.header}: ${acceptOutcome.all}\r\n`,
      body === ''
        ? '\r\n'
        : `Content-Type: application/json\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`,
    ]);
    const [, reply = ''] = text.split('\r\n\r\n');
    const run = parseRun(reply);
    if (status >= 200 && status < 300 && run !== undefined) {
      return { kind: 'run', status, run };
    }
    if (status >= 400) return { kind: 'refused', status, code: code ?? '?' };
    // also a reply that was cut off: its status alone is no word of what was done
    return {
      kind: 'unknown',
      why: error ?? `cut off after ${String(text.length)} bytes`,
    };
  };
  return {
    post: (kick) => ask('POST /run', JSON.stringify(kick)),
    get: (run, waitSeconds = 0) =>
      ask(`GET /run/${run}?wait=${String(waitSeconds)}`),
    cancel: (run) => ask(`DELETE /run/${run}`),
    status: async () => {
      const { text } = await rawRequest(port, tls, [
        `GET /status HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      ]);
      // as above: our own kickd's words
      return JSON.parse(text.split('\r\n\r\n')[1] ?? '') as Status;
    },
  };
}

function parseRun(text: string): Run | undefined {
  try {
    // our own kickd's reply: its shape is the protocol's, and the judge looks at every part of it
    return JSON.parse(text) as Run;
  } catch {
    return undefined;
  }
}
