import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../../packages/agent/src/commands/check.ts';

/**
 * A process that checks one site after the other, and says which before each: of a segmentation fault nothing else would
 * be left. `check-each.ts DIRECTORY` with a kickd.yaml in each folder of it.
 */
const [, , dir = ''] = process.argv;
for (const name of readdirSync(dir).toSorted()) {
  process.stdout.write(`${JSON.stringify({ begins: name })}\n`);
  const config = join(dir, name, 'kickd.yaml');
  const findings = await check(config, new Date());
  const certificates = findings
    .filter(({ subject }) => subject === 'certificates')
    .map(({ level, code, message }) => ({ level, code, message }));
  process.stdout.write(`${JSON.stringify({ name, certificates })}\n`);
}
process.stdout.write(`${JSON.stringify({ done: true })}\n`);
