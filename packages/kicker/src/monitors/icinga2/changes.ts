/** What became of an object, as far as the stream says. */
export interface Change {
  /** when, milliseconds; undefined: it did not change, but is to be looked at */
  atMs: number | undefined;
  /** nothing was wrong with it before */
  wasWell: boolean;
}

/** What is to be asked for: once for each object, however often it changed, and never without end. */
export interface Changes {
  add(key: string, change: Change): void;
  /** There is more to it than this holds: all is to be asked for. */
  addAll(): void;
  /** takes what is there: all, or some objects */
  take(
    most: number,
  ): { kind: 'all' } | { kind: 'some'; keys: Map<string, Change> };
  /** resolves when there is something to be taken, or `signal` aborts */
  wait(signal: AbortSignal): Promise<void>;
}

/** So many at once are a storm: one question about all costs less. */
const keysMost = 2000;

export function createChanges(): Changes {
  let isAll = false;
  let keys = new Map<string, Change>();
  let wake = (): void => {};
  const addAll = (): void => {
    isAll = true;
    wake();
  };
  return {
    add: (key, change) => {
      const before = keys.get(key);
      if (before === undefined && keys.size >= keysMost) {
        addAll();
        return;
      }
      keys.set(key, {
        atMs: change.atMs ?? before?.atMs,
        wasWell: change.wasWell && (before?.wasWell ?? true),
      });
      wake();
    },
    addAll,
    take: (most) => {
      if (isAll) {
        isAll = false;
        // What broke is among the problems; what was one may be none any more.
        keys = new Map([...keys].filter(([, { wasWell }]) => !wasWell));
        return { kind: 'all' };
      }
      const all = [...keys];
      keys = new Map(all.slice(most));
      return { kind: 'some', keys: new Map(all.slice(0, most)) };
    },
    wait: (signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          signal.removeEventListener('abort', end);
          wake = () => {};
          resolve();
        };
        wake = end;
        signal.addEventListener('abort', end);
        if (isAll || keys.size > 0 || signal.aborted) end();
      }),
  };
}
