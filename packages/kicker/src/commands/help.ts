import yargs from 'yargs';
import { catalogue } from './catalogue.ts';
import type { CommandSpec } from './options.ts';

/** What the exit codes mean, at the end of each help. */
const exitText = `Exit: 0 all unchanged, corrected, skipped or accepted; 1 a run ended otherwise;
2 usage or configuration; 3 refused by a host; 4 did not get through;
5 not known within the time. Several hosts: the highest.`;

/** The text of `kicker --help`. */
export async function helpOfAll(): Promise<string> {
  const parser = base('kicker COMMAND [OPTION…]').epilogue(
    `Type kicker COMMAND --help for one command.\n\n${exitText}`,
  );
  for (const [name, { about }] of Object.entries(catalogue)) {
    parser.command(name, about);
  }
  parser
    .option('help', { alias: 'h', describe: 'print this' })
    .option('version', { describe: 'print the version' });
  return parser.getHelp();
}

/** The text of `kicker COMMAND --help`, from the same table that its options are parsed with. */
export async function helpOf(spec: CommandSpec): Promise<string> {
  const parser = base(
    `kicker ${spec.name} [OPTION…] ${spec.operands}\n\n${spec.about}`,
  );
  for (const [name, option] of Object.entries(spec.options)) {
    if (option.isHidden === true) continue;
    // No type: yargs would write [string], where the value's own name says more.
    parser.option(name, {
      describe:
        option.value === undefined
          ? option.about
          : `${option.value}: ${option.about}`,
      ...(option.short === undefined ? {} : { alias: option.short }),
      ...(option.group === undefined ? {} : { group: `${option.group}:` }),
    });
  }
  // yargs would break a long example in two, and half a command cannot be copied.
  const examples = spec.examples.map(
    ([command, about]) => `  ${command}\n      ${about}`,
  );
  const help = await parser.getHelp();
  return [help, `Examples:\n${examples.join('\n')}`, exitText].join('\n\n');
}

function base(usage: string) {
  const columns = process.stdout.columns;
  return yargs([])
    .scriptName('kicker')
    .usage(usage)
    .help(false)
    .version(false)
    .wrap(Math.min(100, Math.max(60, columns ?? 80)))
    .parserConfiguration({ 'boolean-negation': false });
}
