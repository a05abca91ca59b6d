import { parseArgs } from 'node:util';
import { runEmbeddedDemo } from './demo/embedded.ts';

/** `npm run demo [-- --real]`: the loop of the talk, told as a timeline; exit 0 only if it healed. */
const { values } = parseArgs({ options: { real: { type: 'boolean' } } });
const isHealed = values.real
  ? await (await import('./demo/real.ts')).runRealDemo()
  : await runEmbeddedDemo();
process.exit(isHealed ? 0 : 1);
