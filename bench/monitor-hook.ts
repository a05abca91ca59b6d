import { once } from 'node:events';
import { createServer } from 'node:http';
import { execa } from 'execa';

/** What a monitor's webhook said, and when it came, epoch milliseconds. */
export interface Call {
  atMs: number;
  body: string;
}

/**
 * Stands where a monitor sends its webhooks: it notes the time, and hands the message to `kicker receive`, or to a script
 * on its standard input, as small servers for webhooks do.
 */
export async function startHook(
  port: number,
  /** a URL, or the command of a script that is started for what `isProblem` */
  target: () => { url: string } | { script: string },
  isProblem: (body: string) => boolean,
): Promise<{ calls: readonly Call[]; close(): void }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const atMs = Date.now();
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      calls.push({ atMs, body });
      const to = target();
      if ('script' in to) {
        response.writeHead(202).end();
        if (!isProblem(body)) return;
        void execa(to.script, {
          input: body,
          reject: false,
          stdout: 'ignore',
          stderr: 'inherit',
        });
        return;
      }
      void fetch(to.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: request.headers.authorization ?? '',
        },
        body,
      }).then(
        ({ status }) => response.writeHead(status).end(),
        () => response.writeHead(503).end(),
      );
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
