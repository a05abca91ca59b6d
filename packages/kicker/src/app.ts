import { Fault, type FaultFacts } from '@kickd/protocol';
import { catalogue } from './commands/catalogue.ts';
import type { Shell } from './commands/command.ts';
import { errors } from './errors.ts';
import { faultsOf } from './faults.ts';
import { nearest } from '@kickd/settings';

/**
 * Runs one kicker command.
 * @param args as typed after `kicker`
 * @returns the exit code; faults are told on stderr, anything else is thrown
 */
export async function runApp(
  args: readonly string[],
  shell: Shell,
): Promise<number> {
  const [first, ...rest] = args;
  try {
    if (first === '--version' || first === '-V') {
      shell.say(`kicker ${await shell.version()}`);
      return 0;
    }
    if (first === '--help' || first === '-h' || first === 'help') {
      const { helpOfAll } = await import('./commands/help.ts');
      shell.say(await helpOfAll());
      return 0;
    }
    if (first === '--get-yargs-completions') {
      const { printCompletions } = await import('./commands/completion.ts');
      await printCompletions(rest, shell);
      return 0;
    }
    if (first === undefined) throw new Fault(errors.commandMissing());
    const found = Object.hasOwn(catalogue, first)
      ? catalogue[first]
      : undefined;
    if (found === undefined) {
      const near = nearest(first, Object.keys(catalogue));
      throw new Fault(errors.commandUnknown(first, near));
    }
    const command = await found.load();
    // Loaded only now: --version does without.
    const { parseCommandLine } = await import('./commands/command-line.ts');
    const given = parseCommandLine(command.spec, rest);
    if (given === 'help') {
      const { helpOf } = await import('./commands/help.ts');
      shell.say(await helpOf(command.spec));
      return 0;
    }
    return await command.execute(given, shell);
  } catch (error) {
    const faults = faultsOf(error);
    tell(faults, shell);
    return Math.max(...faults.map(({ exitCode }) => exitCode));
  }
}

function tell(faults: readonly FaultFacts[], shell: Shell): void {
  for (const { code, message, remedy } of faults) {
    shell.warn(`kicker: ${code}: ${message}`);
    shell.warn(`  remedy: ${remedy}`);
  }
}
