import { ratioOf, spreadOf, type Spread } from './measure.ts';

/** One line of the table; costs are in `unit`, less is better. */
export interface Row {
  name: string;
  unit: 'ms' | 'MB';
  ours: Spread;
  peer: Spread & { name: string };
  ratio: number;
  /** absent: told, not a goal */
  goal?: { what: 'ratio' | 'ours' | 'median'; most: number };
}

export function compare(
  facts: Pick<Row, 'name' | 'unit' | 'goal'>,
  ours: readonly number[],
  peer: { name: string; samples: readonly number[] },
): Row {
  return {
    ...facts,
    ours: spreadOf(ours),
    peer: { name: peer.name, ...spreadOf(peer.samples) },
    ratio: ratioOf(ours, peer.samples),
  };
}

/** Whether the goal is reached; undefined where there is none. */
export function isReached({ goal, ratio, ours }: Row): boolean | undefined {
  if (goal === undefined) return undefined;
  const is = { ratio, ours: ours.most, median: ours.median };
  return is[goal.what] <= goal.most;
}

/** `name  ours  peer  ratio  (reach ≤ X: reached|not reached)` */
export function lineOf(row: Row): string {
  const { name, unit, ours, peer, ratio, goal } = row;
  const limit =
    goal === undefined
      ? ''
      : `  (reach ≤ ${String(goal.most)}${goal.what === 'ratio' ? '' : ` ${unit}`}: ${isReached(row) === true ? 'reached' : 'not reached'})`;
  return `${name.padEnd(52)}  ${show(ours, unit)}  ${peer.name} ${show(peer, unit)}  ${ratio.toFixed(2)}${limit}`;
}

function show({ median, least, most }: Spread, unit: string): string {
  const one = (value: number): string =>
    value.toFixed(value < 100 ? 1 : 0).padStart(1);
  return `${one(median)} ${unit} (${one(least)}–${one(most)})`;
}
