/**
 * One request to kickd on this host over mutual TLS, where no port of it can be reached from outside:
 * `node ask.ts SSLDIR METHOD PATH [BODY]` prints the reply's body; exit 1 unless the status is 2xx.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

const [dir = '', method, path, body] = process.argv.slice(2);
const read = (name: string): string => readFileSync(join(dir, name), 'utf8');

const asked = request(
  {
    host: '127.0.0.1',
    port: 8139,
    servername: 'web1.example.com',
    method,
    path,
    agent: false,
    // longer than any wait that is asked for: a port that nobody serves takes connections all the same
    timeout: 60_000,
    ca: read('ca.pem'),
    cert: read('cert.pem'),
    key: read('key.pem'),
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
  },
  (reply) => {
    process.exitCode = (reply.statusCode ?? 0) < 300 ? 0 : 1;
    reply.pipe(process.stdout);
  },
);
asked.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
asked.on('timeout', () => asked.destroy(new Error('no answer')));
asked.end(body);
