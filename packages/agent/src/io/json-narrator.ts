import { pino } from 'pino';
import type { Narrator } from '../ports.ts';
import type { Told } from '../told.ts';
import type { LogWriter } from './log-writer.ts';

/** One JSON line an event, for systemd's journal: `event` is constant, the rest are fields. */
export function createJsonNarrator(writer: LogWriter): Narrator {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    writer,
  );
  return {
    tell: (event) => {
      log[levelOf(event)](event);
    },
    get lostLines() {
      return writer.lost;
    },
  };
}

function levelOf(event: Told): 'debug' | 'info' | 'warn' | 'error' {
  switch (event.event) {
    case 'handshake-accepted':
      // the line of its request says the same and more
      return 'debug';
    case 'warning':
    case 'handshake-refused':
    case 'handshake-failed':
    case 'connection-refused':
    case 'record-refused':
    case 'run-stopping':
      return 'warn';
    case 'reload-refused':
      return 'error';
    case 'request':
      return event.status >= 400 ? 'warn' : 'info';
    case 'listening':
    case 'runner-ready':
    case 'runner-leaves':
    case 'listener-leaves':
    case 'run-accepted':
    case 'run-started':
    case 'run-adopted':
    case 'standby-unused':
    case 'run-handed-over':
    case 'run-healed':
    case 'run-ended':
    case 'reloaded':
    case 'closing':
      return 'info';
    case 'probe-asked':
      return 'debug';
    case 'probe-answered':
      return event.answer === 'timed-out' || event.answer === 'not-started'
        ? 'warn'
        : 'info';
  }
}
