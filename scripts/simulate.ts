import { parseArgs } from 'node:util';
import { runHistory } from '../packages/kicker/test/simulator/history.ts';

/**
 * `npm run simulate -- --incidents N --seed S`: random fleets, faults, clocks and monitors through
 * kicker's engine, and a checker that knows only what was promised. The same seed, the same history.
 */
const { values } = parseArgs({
  options: {
    incidents: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const wanted = Number(values.incidents);
const seed = Number(values.seed);
if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(seed)) {
  process.stderr.write('simulate: --incidents and --seed are whole numbers\n');
  process.exit(2);
}

/** Each history has a fleet, rules and faults of its own. */
const perHistory = 2000;
const total = { incidents: 0, kicks: 0, pages: 0, decisions: 0, violations: 0 };
let hash = 0;
let next = seed;
const startedMs = performance.now();
while (total.incidents < wanted) {
  const history = runHistory(
    next,
    Math.min(perHistory, wanted - total.incidents),
  );
  next = (Math.imul(next, 1_664_525) + 1_013_904_223) >>> 0;
  total.incidents += history.incidents;
  total.kicks += history.kicks;
  total.pages += history.pages;
  total.decisions += history.decisions;
  total.violations += history.violations.length;
  hash = (Math.imul(hash, 31) + history.hash) >>> 0;
  for (const text of history.violations.slice(0, 5)) {
    process.stdout.write(`violation: ${text}\n`);
  }
  if (process.stderr.isTTY) {
    process.stderr.write(`\r${total.incidents} of ${wanted} incidents`);
  }
}
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
process.stdout.write(
  [
    `seed ${seed}, ${seconds} s, ${total.decisions} decisions, ${total.kicks} kicks, ${total.pages} pages`,
    `history ${hash.toString(16).padStart(8, '0')}`,
    `incidents ${total.incidents}, violations ${total.violations}`,
    '',
  ].join('\n'),
);
process.exitCode = total.violations === 0 ? 0 : 1;
