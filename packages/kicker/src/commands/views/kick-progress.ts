import { printable } from '@kickd/protocol';

/** The line that tells a person how far the kicks of many hosts are. */
export interface KickProgress {
  started(host: string): void;
  ended(host: string, isFailed: boolean): void;
  show(): void;
  /** Clears the line, so that a result may stand there. */
  hide(): void;
}

/**
 * @param draw puts a text in place of the last one
 * @param nowMs a clock that only goes forward
 */
export function createKickProgress(
  total: number,
  draw: (text: string) => void,
  nowMs: () => number,
): KickProgress {
  /** host → since when; the first one has run for the longest */
  const running = new Map<string, number>();
  let [done, failed] = [0, 0];
  const text = (): string => {
    const [longest] = running;
    return [
      `${done} of ${total} done`,
      `${failed} failed`,
      `${running.size} running`,
      ...(longest === undefined
        ? []
        : [
            `longest: ${printable(longest[0], 40)} ${Math.floor((nowMs() - longest[1]) / 1000)} s`,
          ]),
    ].join(', ');
  };
  return {
    started: (host) => void running.set(host, nowMs()),
    ended: (host, isFailed) => {
      running.delete(host);
      done += 1;
      if (isFailed) failed += 1;
    },
    show: () => draw(text()),
    hide: () => draw(''),
  };
}
