import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';

/** The service that the demo breaks: a real HTTP server with a pid file. Usage: PORT PIDFILE */
const [port, pidFile] = process.argv.slice(2);
if (port === undefined || pidFile === undefined) process.exit(2);
const server = createServer(({ url }, response) => {
  response.end(url === '/metrics' ? 'web_works 1\n' : 'It works!\n');
});
server.listen(Number(port), '127.0.0.1', () => {
  writeFileSync(pidFile, `${String(process.pid)}\n`);
});
