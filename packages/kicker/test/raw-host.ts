import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { readMaterialSync, serverTlsOptions, type TlsFiles } from '@kickd/mtls';
import type { Target } from '../src/fleet/target.ts';
import { hostName } from './fake-kickd.ts';

/** A host behind real TLS that answers in raw bytes, and so in every way that HTTP does not allow. */
export interface RawHost {
  target: Target;
  /** the head of each request, one a connection */
  heads: string[];
  /** how many connections were made */
  connections(): number;
  close(): Promise<void>;
}

/** @param answer is called with each connection once the head of a request has come whole */
export async function startRawHost(
  files: TlsFiles,
  answer: (socket: TLSSocket, head: string) => void,
  options: TlsOptions = {},
): Promise<RawHost> {
  const heads: string[] = [];
  const sockets = new Set<TLSSocket>();
  let connections = 0;
  const server = createServer(
    { ...serverTlsOptions(readMaterialSync(files)), ...options },
    (socket) => {
      let text = '';
      // The client hangs up in the middle of it: that is what is tested.
      socket.on('error', () => {});
      socket.on('data', (part) => {
        text += part.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = text.slice(0, end);
        heads.push(head);
        text = '';
        answer(socket, head);
      });
    },
  );
  server.on('connection', () => (connections += 1));
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening TCP server has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    target: {
      name: 'web1',
      certname: hostName,
      address: '127.0.0.1',
      port,
    },
    heads,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A whole reply with a body of JSON, and the connection closed behind it. */
export function reply(
  status: number,
  body: string | Buffer,
  headers: readonly string[] = [],
): Buffer {
  const bytes = Buffer.from(body);
  const head = [
    `HTTP/1.1 ${status} X`,
    ...headers,
    'content-type: application/json',
    `content-length: ${bytes.length}`,
    'connection: close',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]);
}
