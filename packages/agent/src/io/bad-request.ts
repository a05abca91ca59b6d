import type { Socket } from 'node:net';
import { refusals, type Refusal } from '../refusals.ts';
import { problemOf } from './request-facts.ts';
import type { RequestLines } from './request-lines.ts';

/** After the answer: nothing that follows is read, and whoever does not close is closed. */
const lingerMs = 1000;

/** What llhttp could not read, or what came too late: there is no request that fastify could answer. */
export function answerBadRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  lines: RequestLines,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  answerBare(socket, refusalOf(error.code), lines);
}

/** An answer without a framework around it. */
export function answerBare(
  socket: Socket,
  refusal: Refusal,
  lines: RequestLines,
  method?: string,
): void {
  const facts = lines.begin(socket);
  if (facts === undefined) return void socket.destroy();
  facts.code = refusal.code;
  const { status } = refusal;
  lines.tell(socket, { facts, method, path: undefined, status });
  const body = JSON.stringify(problemOf(refusal));
  socket.end(
    `HTTP/1.1 ${String(status)} Refused\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
  );
  socket.setTimeout(lingerMs, () => socket.destroy());
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusals.requestTimeout();
    case 'HPE_HEADER_OVERFLOW':
      return refusals.headersTooLarge();
    default:
      return refusals.requestInvalid();
  }
}
