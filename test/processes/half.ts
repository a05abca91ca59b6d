import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** One of kickd's two processes. */
export interface Half {
  name: string;
  /** waits for a line of its log; @throws where it ends before it says so */
  heard(line: RegExp): Promise<RegExpExecArray>;
  /** calls with each piece of its log */
  onSaid(listener: (text: string) => void): void;
  ended: Promise<string>;
  kill(): void;
}

/** Starts it as it is shipped, but for systemd: no environment of ours, its log read and its end kept. */
export function startHalf(
  command: readonly string[],
  name: 'listen' | 'runner',
  config: string,
  socket: string,
): Half {
  const options = [`--config=${config}`, `--socket=${socket}`];
  const child = spawn(
    '/usr/bin/env',
    ['-i', 'PATH=/usr/bin:/bin', ...command, name, ...options],
    { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(child, 'exit').then(([code, signal]) =>
    String(code ?? signal),
  );
  let said = '';
  // both streams: the listener leaves its first one to the audit
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-20_000);
      child.emit('said', text);
    });
  return {
    name,
    ended,
    kill: () => child.kill('SIGTERM'),
    onSaid: (listener) => child.on('said', listener),
    heard: async (line) => {
      for (;;) {
        const found = line.exec(said);
        if (found !== null) return found;
        const how = await Promise.race([once(child, 'said'), ended]);
        if (typeof how === 'string')
          throw new Error(`${name} ended: ${how}\n${said}`);
      }
    },
  };
}
