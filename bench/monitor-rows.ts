import { setTimeout as sleep } from 'node:timers/promises';
import { interleave } from './measure.ts';
import { compare, type Row } from './row.ts';

/** Who heals in one loop: kicker, or a script that starts the service and asks for a recheck, or that starts it alone. */
export type Healer = 'kicker' | 'script' | 'script alone';

const goal = { what: 'ratio', most: 1.1 } as const;

/** Milliseconds from the monitor's call to green, by who healed, round by round. */
export type Healed = Readonly<Record<Healer, readonly number[]>>;

/** The rows of one monitor. @param alone what the script without a recheck has to wait for */
export function rowsOf(monitor: string, healed: Healed, alone: string): Row[] {
  const name = `monitor-${monitor}, call to green`;
  const ours = healed.kicker;
  return [
    compare({ name, unit: 'ms', goal }, ours, {
      name: 'script with a recheck',
      samples: healed.script,
    }),
    compare({ name, unit: 'ms' }, ours, {
      name: alone,
      samples: healed['script alone'],
    }),
    // What a service that takes longer to start, or a monitor that looks more seldom, does not change.
    compare(
      { name: `monitor-${monitor}, more than the script`, unit: 'ms' },
      ours.map((ms, round) => ms - (healed.script[round] ?? Number.NaN)),
      { name: 'script with a recheck', samples: healed.script },
    ),
  ];
}

/** Says so loudly where a monitor is not here. @returns whether it is */
export function isHere(monitor: string, missing: readonly string[]): boolean {
  const why =
    process.getuid?.() !== 0
      ? 'it needs root'
      : missing.length > 0
        ? `apt-get install --no-install-recommends ${missing.join(' ')}`
        : undefined;
  if (why === undefined) return true;
  process.stderr.write(`\nSKIPPED: monitor-${monitor}\n  ${why}\n\n`);
  return false;
}

/** Asks until there is an answer; seldom, since the asking itself is work on the same cores. */
export async function until<Found>(
  what: string,
  probe: () => Promise<Found | undefined> | Found | undefined,
  { everyMs = 200, timeoutMs = 90_000 } = {},
): Promise<Found> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`no ${what}`);
    await sleep(everyMs);
  }
}

/**
 * Lets each heal in turn, so that what else the machine does hits all alike.
 * @param heal one loop, to milliseconds
 * @param right puts the service right, after a round in which the monitor did not call
 */
export async function healByTurns(
  heal: (healer: Healer) => Promise<number>,
  right: () => Promise<unknown>,
  counts: { rounds: number; warmUps: number },
): Promise<Healed> {
  const healers: readonly Healer[] = ['kicker', 'script', 'script alone'];
  const [kicker = [], script = [], alone = []] = await interleave(
    healers.map((healer) => () => untilCalled(() => heal(healer), right)),
    counts,
  );
  return { kicker, script, 'script alone': alone };
}

/**
 * A round in which the monitor did not call tells nothing of what comes after the call: it is told, and done again.
 * @param right puts the service right
 */
async function untilCalled(
  round: () => Promise<number>,
  right: () => Promise<unknown>,
): Promise<number> {
  for (let left = 3; ; left -= 1) {
    try {
      return await round();
    } catch (error) {
      process.stderr.write(`once more: ${String(error)}\n`);
      if (left === 0) throw error;
      await right();
    }
  }
}
