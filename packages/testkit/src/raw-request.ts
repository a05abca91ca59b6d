import { connect, type ConnectionOptions } from 'node:tls';

export interface RawReply {
  /** 0 when the connection ended without a status line */
  status: number;
  /** everything that came, head and body */
  text: string;
  /** the code of a problem+json body */
  code: string | undefined;
  error: string | undefined;
}

/**
 * Sends bytes over TLS as they are and reads until the other end closes: for requests that no
 * client library would send. Never rejects.
 */
export function rawRequest(
  port: number,
  tls: ConnectionOptions,
  chunks: readonly (string | Uint8Array)[],
): Promise<RawReply> {
  return new Promise((resolve) => {
    let text = '';
    let error: string | undefined;
    const socket = connect({ host: '127.0.0.1', port, ...tls }, () => {
      for (const chunk of chunks) socket.write(chunk);
    });
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause.code ?? cause.message;
    });
    socket.once('close', () => {
      resolve({
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
        text,
        code: /"code":"([A-Z0-9_]+)"/.exec(text)?.[1],
        error,
      });
    });
  });
}
