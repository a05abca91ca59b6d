import { styleText } from 'node:util';

type Colour = 'red' | 'yellow' | 'cyan' | 'green' | 'dim' | 'bold';

/** Prints what happens with the seconds since the crash. */
export interface Timeline {
  say(colour: Colour, what: string, detail?: string): void;
  /** starts the clock of the timeline */
  start(): void;
  seconds(): number;
}

export function createTimeline(): Timeline {
  const hasColors =
    process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const paint = (colour: Colour, text: string): string =>
    hasColors ? styleText(colour, text, { validateStream: false }) : text;
  let startedMs: number | undefined;
  const seconds = (): number =>
    startedMs === undefined ? 0 : (performance.now() - startedMs) / 1000;
  return {
    start: () => {
      startedMs = performance.now();
    },
    seconds,
    say: (colour, what, detail = '') => {
      const time = startedMs === undefined ? '' : `+${seconds().toFixed(2)} s`;
      process.stdout.write(
        `${paint('dim', time.padStart(9))}  ${paint(colour, what.padEnd(10))} ${detail}\n`,
      );
    },
  };
}
