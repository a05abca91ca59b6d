import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import Client from 'undici/lib/dispatcher/client.js';
import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import type { ApiRequest, MonitorApi } from '../ports.ts';
import { startDeadline } from './deadline.ts';
import { codeOf } from './error-code.ts';
import { nestsDeeper } from './nesting.ts';
import { readSecretFile } from './secret-file.ts';
import { readTextFile } from './text-file.ts';

/** Where the API of a monitor is, and what is shown there. */
export interface ApiPlace {
  url: string;
  ca?: string;
  crl?: string;
  cert?: string;
  key?: string;
  serverName?: string;
  user?: string;
  passwordFile?: string;
  tokenFile?: string;
  /** what stands before the token; Bearer where it is absent */
  tokenScheme?: string;
  timeoutSeconds?: number;
}

/** All services of a monitor with 10,000 of them, 17 MB with every attribute. */
const bodyMaxBytes = 64 * 1024 * 1024;
const headMaxBytes = 32 * 1024;
/** The CAs of a whole system have some 230 KB. */
const pemMaxBytes = 1024 * 1024;
/** One event of a stream holds the output of a plugin; 20 kB were seen. */
const lineMaxBytes = 4 * 1024 * 1024;
/** What is kept of a reply that says no, characters. */
const refusalMost = 1000;
/** How deep a reply may nest. */
const depthMost = 64;
const defaultTimeoutSeconds = 10;
/** An open stream is silent where nothing happens; the connection itself is asked whether it lives. */
const keepAliveMs = 20_000;

export function createMonitorApi(place: ApiPlace): MonitorApi {
  const { origin, pathname } = new URL(place.url);
  const base = pathname.replace(/\/$/, '');
  const timeoutMs = (place.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
  const send = (
    request: ApiRequest,
    taker: Taker,
    signal: AbortSignal,
  ): Promise<FaultFacts | undefined> => {
    try {
      const client = openClient(origin, place, timeoutMs);
      return dispatch(client, base, request, place, taker, signal);
    } catch (error) {
      return Promise.resolve(faultsOf(error)[0]);
    }
  };
  return {
    ask: async (request, signal) => {
      const deadline = startDeadline(signal, timeoutMs);
      const parts: Buffer[] = [];
      let bytes = 0;
      let status = 0;
      try {
        const fault = await send(
          request,
          {
            onStatus: (code) => {
              status = code;
            },
            onChunk: (chunk) => {
              bytes += chunk.length;
              parts.push(chunk);
              return bytes <= bodyMaxBytes;
            },
          },
          deadline.signal,
        );
        if (fault !== undefined) return { kind: 'failed', fault };
      } finally {
        deadline.end();
      }
      const body = Buffer.concat(parts);
      return { kind: 'reply', status, value: jsonOf(body), text: String(body) };
    },
    stream: async (request, onOpen, onLine, signal) => {
      // Only until it is open: then it may be silent for as long as nothing happens.
      const deadline = startDeadline(signal, timeoutMs);
      let rest = '';
      let status = 0;
      const decoder = new TextDecoder();
      try {
        const fault = await send(
          request,
          {
            onStatus: (code) => {
              status = code;
              deadline.restart(undefined);
              if (isGood(code)) onOpen();
            },
            onChunk: (chunk) => {
              const text = rest + decoder.decode(chunk, { stream: true });
              if (!isGood(status)) {
                rest = text.slice(0, refusalMost);
                return true;
              }
              const lines = text.split('\n');
              rest = lines.pop() ?? '';
              for (const line of lines) if (line !== '') onLine(line);
              return rest.length <= lineMaxBytes;
            },
          },
          deadline.signal,
        );
        if (signal.aborted) return undefined;
        if (fault === undefined && !isGood(status)) {
          return errors.monitorRefused(place.url, request.path, status, rest);
        }
        return fault;
      } finally {
        deadline.end();
      }
    },
  };
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Takes a reply as it comes. */
interface Taker {
  onStatus(status: number): void;
  /** @returns false: no more is taken */
  onChunk(chunk: Buffer): boolean;
}

function openClient(
  origin: string,
  place: ApiPlace,
  timeoutMs: number,
): Client {
  return new Client(origin, {
    connect: {
      ...tlsOptions(place),
      timeout: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    },
    allowH2: false,
    pipelining: 0,
    maxHeaderSize: headMaxBytes,
    // The one deadline is the caller's.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** @throws {Fault} FILE_UNREADABLE */
function tlsOptions(place: ApiPlace): Omit<ConnectionOptions, 'port'> {
  const files = Object.fromEntries(
    (['ca', 'crl', 'cert', 'key'] as const).flatMap((name) => {
      const file = place[name];
      return file === undefined
        ? []
        : [[name, readTextFile(file, pemMaxBytes)]];
    }),
  );
  const { hostname } = new URL(place.url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    ...files,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(place.serverName !== undefined
      ? { servername: place.serverName }
      : isIP(host) === 0
        ? { servername: host }
        : {}),
  };
}

/** @throws {Fault} SECRET_UNREADABLE, SECRET_EXPOSED */
function authorization({
  user,
  passwordFile,
  tokenFile,
  tokenScheme = 'Bearer',
}: ApiPlace): Record<string, string> {
  if (user !== undefined && passwordFile !== undefined) {
    const pair = `${user}:${readSecretFile(passwordFile)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
  return tokenFile === undefined
    ? {}
    : { authorization: `${tokenScheme} ${readSecretFile(tokenFile)}` };
}

function dispatch(
  client: Client,
  base: string,
  { method, path, body, headers }: ApiRequest,
  place: ApiPlace,
  taker: Taker,
  signal: AbortSignal,
): Promise<FaultFacts | undefined> {
  const credentials = authorization(place);
  return new Promise((resolve) => {
    let giveUp = (): void => {};
    const end = (fault?: FaultFacts): void => {
      signal.removeEventListener('abort', giveUp);
      resolve(fault);
      // It waits for nothing that this request has left.
      client.destroy().catch(() => {});
    };
    const fail = (why: string): void =>
      end(errors.monitorUnreachable(place.url, why));
    if (signal.aborted) return fail('the time is over');
    giveUp = () => fail('the time is over');
    signal.addEventListener('abort', giveUp);
    client.dispatch(
      {
        method,
        path: `${base}${path}`,
        reset: true,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...credentials,
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, status) => taker.onStatus(status),
        onResponseData: (controller, chunk) => {
          if (!taker.onChunk(chunk)) {
            controller.abort(new Error('the reply is too long'));
          }
        },
        onResponseEnd: () => end(),
        onResponseError: (_controller, error) => fail(explain(error)),
      },
    );
  });
}

function explain(error: Error): string {
  const code = codeOf(error);
  return printable(
    /^(?:UND_|HPE_|$)/.test(code) ? error.message : `${code}: ${error.message}`,
    300,
  );
}

function jsonOf(body: Buffer): unknown {
  if (nestsDeeper(body, depthMost)) return undefined;
  try {
    return JSON.parse(String(body)) as unknown;
  } catch {
    return undefined;
  }
}
