import { Fault, type FaultFacts } from '@kickd/protocol';
import { catalogue } from './commands/catalogue.ts';
import type { Shell } from './commands/command.ts';
import { parseOptions } from './commands/options.ts';
import { nearest } from '@kickd/settings';
import { errors } from './errors.ts';
import { faultsOf } from './faults.ts';

/**
 * Runs one kicker command.
 * @param args as typed after `kicker`
 * @returns the exit code; faults are told on stderr, anything else is thrown
 */
export async function runApp(
  args: readonly string[],
  shell: Shell,
  version: () => Promise<string>,
): Promise<number> {
  const [first, second] = args;
  // A monitor keeps one line of an event handler.
  const isOneLine = first === 'event';
  try {
    if (first === '--version' || first === '-V') {
      shell.say(`kicker ${await version()}`);
      return 0;
    }
    if (first === '--help' || first === '-h' || first === 'help') {
      const { helpOfAll } = await import('./commands/help.ts');
      shell.say(await helpOfAll());
      return 0;
    }
    if (first === undefined) throw new Fault(errors.commandMissing());
    const pair = `${first} ${second ?? ''}`;
    const name = pair in catalogue ? pair : first;
    const found = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
    if (found === undefined) {
      throw new Fault(
        errors.commandUnknown(
          first === 'event' ? pair.trim() : first,
          first === 'event'
            ? 'event nagios'
            : nearest(first, Object.keys(catalogue)),
        ),
      );
    }
    const rest = args.slice(name === pair ? 2 : 1);
    const command = await found.load();
    if (asksForHelp(rest)) {
      const { helpOf } = await import('./commands/help.ts');
      shell.say(await helpOf(command.spec));
      return 0;
    }
    return await command.run(parseOptions(command.spec, rest), shell);
  } catch (error) {
    const faults = faultsOf(error);
    tell(faults, shell, isOneLine);
    return Math.max(...faults.map(({ exitCode }) => exitCode));
  }
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args
    .slice(0, end === -1 ? args.length : end)
    .some((arg) => arg === '--help' || arg === '-h');
}

function tell(
  faults: readonly FaultFacts[],
  shell: Shell,
  isOneLine: boolean,
): void {
  if (isOneLine) {
    const text = faults
      .map(
        ({ code, message, remedy }) =>
          `${code}: ${message} (remedy: ${remedy})`,
      )
      .join('; ');
    shell.warn(`kicker: ${text}`);
    return;
  }
  for (const { code, message, remedy } of faults) {
    shell.warn(`kicker: ${code}: ${message}`);
    shell.warn(`  remedy: ${remedy}`);
  }
}
