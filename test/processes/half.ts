import { EventEmitter, once } from 'node:events';
import { execa } from 'execa';

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
  const child = execa(
    '/usr/bin/env',
    ['-i', 'PATH=/usr/bin:/bin', ...command, name, ...options],
    {
      cwd: '/',
      stdin: 'ignore',
      buffer: false,
      reject: false,
      forceKillAfterDelay: false,
    },
  );
  const ended = child.then(({ exitCode, signal }) =>
    String(exitCode ?? signal),
  );
  const news = new EventEmitter();
  let said = '';
  // both streams: the listener leaves its first one to the audit
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-20_000);
      news.emit('said', text);
    });
  return {
    name,
    ended,
    kill: () => child.kill('SIGTERM'),
    onSaid: (listener) => news.on('said', listener),
    heard: async (line) => {
      for (;;) {
        const found = line.exec(said);
        if (found !== null) return found;
        const how = await Promise.race([once(news, 'said'), ended]);
        if (typeof how === 'string')
          throw new Error(`${name} ended: ${how}\n${said}`);
      }
    },
  };
}
