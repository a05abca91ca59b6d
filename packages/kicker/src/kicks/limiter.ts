/** Lets this many work at once. @param failures how often this work failed before */
export type Limiter = <Result>(
  work: () => Promise<Result>,
  failures: number,
) => Promise<Result>;

/**
 * Lets this many work at once; the others wait, first come first served. What has failed before gets no more than a
 * quarter of the places: hosts that do not answer must not hold up those that do.
 */
export function createLimiter(atOnce: number): Limiter {
  const all = createGate(atOnce);
  const failed = createGate(Math.max(1, Math.floor(atOnce / 4)));
  return (work, failures) =>
    failures === 0 ? all(work) : failed(() => all(work));
}

function createGate(
  places: number,
): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let free = places;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
