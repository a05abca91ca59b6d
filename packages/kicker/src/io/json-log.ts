import { pino } from 'pino';
import type { Clock, Log } from '../ports.ts';
import { toAsciiJson } from './ascii-json.ts';

/** What an operator has to look at, and what kicker itself could not do. */
const warnings: ReadonlySet<string> = new Set([
  'action-failed',
  'events-set-aside',
  'event-unusable',
  'monitor-data',
  'spool-rejected',
]);
const mistakes: ReadonlySet<string> = new Set([
  'action-trouble',
  'kick-trouble',
  'reload-refused',
  'trouble',
]);

/**
 * One JSON line an event, as kickd writes it: `level` and `time` by pino, `event` is constant, the rest are facts.
 */
export function createJsonLog(
  say: (line: string) => void,
  clock: Pick<Clock, 'now'>,
): Log {
  const log = pino(
    {
      base: null,
      timestamp: () => `,"time":"${clock.now().toISOString()}"`,
    },
    { write: (line) => say(toAsciiJson(line.trimEnd())) },
  );
  return (event, facts) => {
    log[levelOf(event)]({ event, ...facts });
  };
}

function levelOf(event: string): 'info' | 'warn' | 'error' {
  if (mistakes.has(event)) return 'error';
  return warnings.has(event) ? 'warn' : 'info';
}
