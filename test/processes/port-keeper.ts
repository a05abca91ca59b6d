import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { execa } from 'execa';

/** What systemd's socket unit is: it holds a port, and each process that it starts gets the same one. */
export interface PortKeeper {
  port: number;
  /** the next process; the one before has ended */
  start(): KeptProcess;
  close(): Promise<void>;
}

interface KeptProcess {
  /** waits for this in what it said on standard error */
  heard(words: RegExp): Promise<void>;
  said(): string;
  /** its exit code, once it has ended */
  ended: Promise<number>;
}

/** A line of standard input starts one; descriptor 3 is the port. A test runner puts variables of its own into what is spawned. */
const script = `while read -r _; do
  sh -c 'exec env -i PATH=/usr/bin:/bin LISTEN_PID=$$ LISTEN_FDS=1 "$@"' sh "$@" >/dev/null
  echo "ended $?"
done`;

export async function startPortKeeper(
  command: readonly string[],
): Promise<PortKeeper> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port, fd } = boundAt(server);
  const keeper = execa('/bin/sh', ['-c', script, 'sh', ...command], {
    cwd: '/',
    // a group of its own, whose process it may be in the middle of
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', fd as 3],
    buffer: false,
    reject: false,
  });
  // it has been started by now, and holds the port alone
  server.close();
  const news = new EventEmitter();
  let said = '';
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    news.emit('said');
  });
  keeper.stdout.setEncoding('utf8').on('data', (text: string) => {
    news.emit('ended', Number(/^ended (\d+)/.exec(text)?.[1]));
  });
  const ended = async (): Promise<number> => {
    const [code] = (await once(news, 'ended')) as [number];
    return code;
  };
  return {
    port,
    start: () => {
      said = '';
      keeper.stdin.write('start\n');
      const end = ended();
      return {
        ended: end,
        said: () => said,
        heard: async (words) => {
          while (!words.test(said)) {
            const code = await Promise.race([once(news, 'said'), end]);
            if (typeof code === 'number' && !words.test(said))
              throw new Error(`it ended with ${String(code)}:\n${said}`);
          }
        },
      };
    },
    close: async () => {
      if (keeper.pid !== undefined) process.kill(-keeper.pid, 'SIGKILL');
      await keeper;
    },
  };
}

function boundAt(server: Server): { port: number; fd: number } {
  const address = server.address();
  // Node tells of the descriptor nowhere else.
  const { _handle: handle } = server as unknown as { _handle?: { fd: number } };
  if (typeof address !== 'object' || address === null || handle === undefined)
    throw new Error('it does not listen');
  return { port: address.port, fd: handle.fd };
}
