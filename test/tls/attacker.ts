import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { host } from '../crash/site.ts';
import { attacks, type Attack, type AttackOrder } from './attacks.ts';

/**
 * A flood that never ends by itself, in a process of its own: so many connections at a time, each from one of so many
 * addresses; whoever is cut off comes again. Says `standing` once as many have been opened.
 */
const order = JSON.parse(process.argv[2] ?? '{}') as AttackOrder;
const speech: Record<Exclude<Attack, 'silent'>, string> = {
  headers: `GET /status HTTP/1.1\r\nHost: ${host}\r\n`,
  body: `POST /run HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 3000\r\n\r\n`,
  read: `GET /status HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
};
const dripMs = 500;
const againMs = 200;
/** A paused socket is not told of its end, and does not hold a process. */
const pausedMs = 10 * 1000;
let opened = 0;

function begin(n: number): Socket {
  const { port, kind, tls } = order;
  const at = { host: '127.0.0.1', port, localAddress: addressOf(n) };
  if (kind === 'silent') return connectTcp(at);
  const options: ConnectionOptions = {
    ...at,
    ...tls,
    rejectUnauthorized: false,
  };
  const socket = connectTls(options, () => {
    socket.write(speech[kind]);
    if (kind === 'read') {
      socket.pause();
      const timer = setTimeout(() => socket.destroy(), pausedMs);
      socket.once('close', () => clearTimeout(timer));
      return;
    }
    const drip = setInterval(
      () => socket.write(kind === 'body' ? ' ' : 'X-A: b\r\n'),
      dripMs,
    );
    socket.once('close', () => clearInterval(drip));
  });
  return socket;
}

function addressOf(n: number): string {
  const { sources } = order;
  if (sources === 0) return '127.0.0.1';
  const second = String(10 + attacks.indexOf(order.kind));
  return `127.${second}.0.${String(1 + (n % sources))}`;
}

function stand(n: number): void {
  const socket = begin(n);
  let isCounted = false;
  const count = (): void => {
    if (isCounted) return;
    isCounted = true;
    opened += 1;
    if (opened === order.count) process.stdout.write('standing\n');
  };
  socket.once('connect', count);
  socket.on('error', count);
  if (order.kind !== 'read') socket.resume();
  socket.once('close', () => setTimeout(() => stand(n), againMs));
}

for (let n = 0; n < order.count; n += 1) stand(n);
process.on('SIGTERM', () => {
  process.stdout.write(`opened ${String(opened)}\n`, () => process.exit(0));
});
