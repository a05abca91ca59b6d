import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { refusals, type Refusal } from '../refusals.ts';
import { problemOf } from './request-facts.ts';
import type { RequestLines } from './request-lines.ts';

/** After the answer: nothing that follows is read, and whoever does not close is closed. */
const lingerMs = 1000;

/**
 * What llhttp could not read, or what came too late: there is no request that fastify could answer. Where a whole
 * request came before, it has its own answer, under way or given, and what follows it is not read: to answer here
 * would tell the caller of a refusal while the run begins.
 */
export function answerBadRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  lines: RequestLines,
): void {
  const request = lines.lastOn(socket);
  if (request?.complete === true) {
    socket.pause();
    return;
  }
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error.code);
  if (request === undefined) return answerBare(socket, refusal, lines);
  lines.refuse(request, refusal);
  endWith(socket, refusal);
}

/** An answer without a framework around it, to something that is no request for fastify. */
export function answerBare(
  socket: Socket,
  refusal: Refusal,
  lines: RequestLines,
  request?: Pick<IncomingMessage, 'method'>,
): void {
  if (lines.begin(socket) === undefined) return void socket.destroy();
  const { code, status } = refusal;
  lines.tellBare(socket, { code, status, method: request?.method });
  endWith(socket, refusal);
}

function endWith(socket: Socket, refusal: Refusal): void {
  if (socket.writableEnded) return;
  const body = JSON.stringify(problemOf(refusal));
  socket.end(
    `HTTP/1.1 ${String(refusal.status)} Refused\r\nContent-Type: application/problem+json\r\n` +
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
