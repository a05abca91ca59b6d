/** The one end of all that a request waits for, whatever comes meanwhile and however slowly. */
export interface Deadline {
  /** aborts when the time is over, or the caller gives up */
  readonly signal: AbortSignal;
  /** From now on so much time is left; undefined: as much as the caller gives. */
  restart(ms: number | undefined): void;
  end(): void;
}

export function startDeadline(caller: AbortSignal, ms: number): Deadline {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const restart = (leftMs: number | undefined): void => {
    clearTimeout(timer);
    timer =
      leftMs === undefined ? undefined : setTimeout(() => over.abort(), leftMs);
  };
  restart(ms);
  return {
    signal: AbortSignal.any([caller, over.signal]),
    restart,
    end: () => restart(undefined),
  };
}
