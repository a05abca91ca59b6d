import { startHalf, startKickd, type Kickd } from './kickd.ts';

export type Half = 'listen' | 'runner';

/** One life of kickd, from its start to the death of all of it. */
export interface Life {
  /** undefined when it ended before it listened */
  port: Promise<number | undefined>;
  /** where it is two processes: kills one of them and starts it anew */
  stumble?(half: Half): Promise<void>;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  said(): string;
}

/** kickd in one process. */
export function startWhole(
  command: readonly string[],
  configFile: string,
): Life {
  const kickd = startKickd(command, configFile);
  return {
    port: kickd.port,
    end: async (signal) => {
      kickd.kill(signal);
      await kickd.ended;
    },
    said: kickd.said,
  };
}

/** kickd as its units start it: who listens, and who runs. */
export function startHalves(
  command: readonly string[],
  configFile: string,
  socket: string,
): Life {
  const start = (half: Half): Kickd =>
    startHalf(command, half, configFile, socket);
  const halves: Record<Half, Kickd> = {
    runner: start('runner'),
    listen: start('listen'),
  };
  const all: Kickd[] = Object.values(halves);
  return {
    get port() {
      return halves.listen.port;
    },
    stumble: async (half) => {
      halves[half].kill('SIGKILL');
      await halves[half].ended;
      halves[half] = start(half);
      all.push(halves[half]);
    },
    end: async (signal) => {
      for (const half of Object.values(halves)) half.kill(signal);
      await Promise.all(all.map(({ ended }) => ended));
    },
    said: () => all.map((half) => half.said()).join('\n'),
  };
}
