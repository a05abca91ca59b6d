const instant = /(T\d{2}:\d{2}:\d{2})\.(\d+)(?=Z)/g;

/**
 * What of a monitor's id of a problem is compared. An instant in it counts to the millisecond, since one monitor writes it
 * in two ways: Alertmanager's webhook with as many digits as it takes, its API always with three.
 */
export function comparedId(problem: string): string {
  return problem.replace(
    instant,
    (_whole, time: string, fraction: string): string => {
      const digits = fraction.slice(0, 3).replace(/0+$/, '');
      return digits === '' ? time : `${time}.${digits}`;
    },
  );
}

/** Whether both name the same problem of one monitor. */
export function isSameId(one: string, other: string): boolean {
  return one === other || comparedId(one) === comparedId(other);
}
