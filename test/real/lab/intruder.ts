/**
 * What a stranger would try who has taken over the listener: started in its place, under the very same
 * unit. Prints one JSON object: what was tried → `blocked: …`, or `DONE: …` where it was not.
 */
// the error of the kernel is the result: execa would put its own in its place
// oxlint-disable-next-line no-restricted-imports
import { spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import {
  chownSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const folder = process.env['CREDENTIALS_DIRECTORY'] ?? '';
const foreign = Number(process.argv[2]);

/** Each returns what it has gained, and throws where it was stopped. */
const attempts: Record<string, () => unknown> = {
  'start a shell': () => run('/bin/sh', '-c', 'id'),
  'start a program': () => run('/usr/bin/env'),
  'start perl': () => run('/usr/bin/perl', '-e', '1'),
  'start a set-user-id program': () => run('/bin/su', '-c', 'id'),
  'start what it has brought': () => {
    writeFileSync('/tmp/own', '#!/bin/sh\n', { mode: 0o755 });
    return run('/tmp/own');
  },
  'read the key on disk': () => readFileSync('/etc/kickd/ssl/key.pem'),
  "read the monitor's key": () => readFileSync('/etc/kickd/client/key.pem'),
  'read /etc/shadow': () => readFileSync('/etc/shadow'),
  'read the journal': () => readFileSync('/var/lib/kickd/journal.sqlite'),
  'list the output of runs': () => readdirSync('/var/lib/kickd/runs'),
  'list /root': () => readdirSync('/root'),
  'read the environment of another': () =>
    readFileSync(`/proc/${foreign}/environ`),
  'read the memory of another': () => openSync(`/proc/${foreign}/mem`, 'r'),
  'see another process': () => readdirSync(`/proc/${foreign}`),
  'write /tmp': () => writeFileSync('/tmp/x', ''),
  'write /var/tmp': () => writeFileSync('/var/tmp/x', ''),
  'write /dev/shm': () => writeFileSync('/dev/shm/x', ''),
  'write /run': () => writeFileSync('/run/x', ''),
  'write beside the socket': () => writeFileSync('/run/kickd/x', ''),
  'write the state': () => mkdirSync('/var/lib/kickd/x'),
  'write the rules': () => writeFileSync('/etc/kickd/auth.conf', ''),
  'write its own program': () => writeFileSync('/usr/lib/kickd/kickd.mjs', ''),
  'write its credentials': () => writeFileSync(join(folder, 'key.pem'), ''),
  'write its home': () => writeFileSync('/nonexistent/x', ''),
  'make a link': () => symlinkSync('/etc/shadow', '/tmp/link'),
  'change the owner of a file': () => chownSync('/run/kickd', 0, 0),
  'open the audit file for writing': () =>
    openSync('/var/log/kickd/audit.log', 'r+'),
  'cut the audit file by its name': () =>
    truncateSync('/var/log/kickd/audit.log', 0),
  'cut the audit file by its descriptor': () => ftruncateSync(1, 0),
  'become root': () => process.setuid?.(0),
  'change its group': () => process.setgid?.(0),
  'signal another process': () => process.kill(foreign, 0),
  'signal systemd': () => process.kill(1, 0),
  'connect to this host': () => reach({ host: '127.0.0.1', port: 22 }),
  'connect out': () => reach({ host: '192.0.2.1', port: 443 }),
  'connect out by IPv6': () => reach({ host: '2001:db8::1', port: 443 }),
  'ask the name service': () => lookup('puppet.example.com'),
  'open a port': () => listen(),
  'ask systemd': () => reach({ path: '/run/systemd/private' }),
  'ask the message bus': () => reach({ path: '/run/dbus/system_bus_socket' }),
  'compile code at run time': () => new WebAssembly.Module(new Uint8Array(8)),
};

const results: Record<string, string> = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    results[name] = `DONE: ${String(await attempt())}`.slice(0, 200);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    results[name] = `blocked: ${code ?? message}`;
  }
}
process.stderr.write(`INTRUDER ${JSON.stringify(results)}\n`);

function run(file: string, ...args: string[]): string {
  const { error, status, stdout } = spawnSync(file, args, {
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return `${String(status)} ${stdout}`;
}

function reach(
  to: { host: string; port: number } | { path: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(to, () => {
      socket.destroy();
      resolve('connected');
    });
    socket.setTimeout(5000, () =>
      socket.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })),
    );
    socket.once('error', reject);
  });
}

function listen(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '0.0.0.0', () => {
      server.close();
      resolve('listening');
    });
  });
}

closeSync(0);
