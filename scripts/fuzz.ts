import { parseArgs } from 'node:util';
import { createTargets, keep, playTargets } from '../test/fuzz/play.ts';

/**
 * `npm run fuzz [-- --minutes N --seed S]`: what strangers may send and a damaged disk may hold, put before everything
 * that reads it. Exit 1 where a reader crashed; its input is then kept in test/fuzz/kept.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
const endsMs = performance.now() + Number(values.minutes) * 60 * 1000;
/** A reader that takes a second for 64 KiB can be made to stop everything else. */
const slowMs = 1000;

process.stdout.write(`seed ${String(seed)}\n`);
const targets = await createTargets();
try {
  const isOver = (): boolean => performance.now() >= endsMs;
  const { inputs, crashes, runsStarted } = await playTargets(targets, {
    seed,
    isOver,
    slowMs,
  });
  for (const crash of crashes) {
    process.stderr.write(
      `\ncrash of ${crash.target}, seed ${String(crash.seed)}, kept in ${keep(crash)}\n${crash.why}\n`,
    );
  }
  let sum = 0;
  for (const [name, count] of inputs) {
    process.stdout.write(`${String(count).padStart(10)}  ${name}\n`);
    sum += count;
  }
  process.stdout.write(
    `inputs ${String(sum)}, crashes ${String(crashes.length)}, runs started ${String(runsStarted)}\n`,
  );
  process.exitCode = crashes.length + runsStarted === 0 ? 0 : 1;
} finally {
  for (const target of targets) await target.close?.();
}
