import type { FaultFacts } from '@kickd/protocol';
import yargs from 'yargs';
import { Faults, errors } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { createGiven } from './given.ts';
import type { CommandSpec, Given } from './options.ts';

/**
 * How yargs reads a line: every value exactly as it was typed, since the names of a monitor are bytes (decision 0025).
 * `--tag web1 web2` takes one value, not all that follow. What stands behind `--` is kept apart, so that
 * a word there may begin with a dash.
 */
const exact = {
  'boolean-negation': true,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'populate--': true,
  'strip-aliased': true,
} as const;

/**
 * Parses the arguments behind a command's name, strictly.
 *
 * The command's name is not among them: yargs reads a line with subcommands twice, first without their options, and
 * would take the `kick` of `--noop kick stop` for the value of --noop and `stop` for the command.
 * @returns 'help': the help of the command is asked for
 * @throws {Faults} USAGE_OPTION with the nearest option, USAGE
 */
export function parseCommandLine(
  spec: CommandSpec,
  args: readonly string[],
): Given | 'help' {
  const parser = yargs([...args])
    .parserConfiguration(exact)
    // Its messages are matched below.
    .locale('en')
    // yargs would take a last word `help` for --help.
    .help(false)
    .version(false)
    .exitProcess(false)
    .strictOptions()
    .fail((message, error) => {
      // yargs' types hide that there is no message where a function of ours threw.
      if (!message) throw error;
      throw new Faults([faultOf(spec, args, message)]);
    })
    .option('help', { skipValidation: true })
    .nargs('help', 0)
    // No alias of --help: `-tapache` is a mistake, and no wish for help because of its h.
    .option('h', {})
    .nargs('h', 0);
  for (const [name, { type, short }] of Object.entries(spec.options)) {
    parser.option(name, short === undefined ? {} : { alias: short });
    // No type: yargs takes `--json=yes` and `--json true` for a boolean. Without an argument it is true.
    if (type === 'boolean') parser.nargs(name, 0);
    else parser.requiresArg(name);
  }
  const parsed = parser.parseSync();
  if (parsed['help'] === true || parsed['h'] === true) return 'help';
  const { _: before, '--': after = [], ...values } = parsed;
  const words = before.map(String);
  const wrong = [
    ...ownNames(args).map((option) => unknownOption(spec, option)),
    ...words
      .filter((word) => /^-./s.test(word))
      .map((word) => unknownOption(spec, word)),
    ...Object.entries(values).flatMap(([name, value]) =>
      missingValue(spec, name, value),
    ),
  ];
  const operands = [...words, ...(after as unknown[]).map(String)];
  const [first] = operands;
  if (!spec.takesOperands && first !== undefined) {
    wrong.push(errors.usage(spec.name, `unexpected argument ${first}`));
  }
  const [fault] = wrong;
  if (fault !== undefined) throw new Faults([fault]);
  return createGiven(spec, values, operands);
}

/** yargs keeps its own results under these names, and so lets them pass as options. */
function ownNames(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args
    .slice(0, end === -1 ? args.length : end)
    .flatMap((arg) => /^--(?:_|\$0)(?==|$)/.exec(arg)?.[0] ?? []);
}

/** yargs lets two things pass for an option with a value: `--no-tag`, and `-t` among other letters. */
function missingValue(
  spec: CommandSpec,
  name: string,
  value: unknown,
): FaultFacts[] {
  if (spec.options[name]?.type !== 'string') return [];
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.includes(false)) return [unknownOption(spec, `--no-${name}`)];
  return values.includes(true)
    ? [errors.usage(spec.name, `--${name} needs a value`)]
    : [];
}

function faultOf(
  spec: CommandSpec,
  args: readonly string[],
  message: string,
): FaultFacts {
  const [, what = '', key = ''] = /^([^:]*): (.*)$/s.exec(message) ?? [];
  switch (what) {
    case 'Unknown argument':
    case 'Unknown arguments':
      return unknownOption(spec, asTyped(args, key.split(', ')[0] ?? key));
    case 'Not enough arguments following':
      return errors.usage(spec.name, `${asTyped(args, key)} needs a value`);
    case 'Argument unexpected for':
      return errors.usage(spec.name, `${asTyped(args, key)} takes no value`);
    default:
      return errors.usage(spec.name, message);
  }
}

/** yargs names an option without its dashes. */
function asTyped(args: readonly string[], key: string): string {
  const names = args.map((arg) => arg.replace(/=.*/s, ''));
  const isIt = (name: string) =>
    [`-${key}`, `--${key}`, `--no-${key}`].includes(name);
  return names.find(isIt) ?? `${key.length === 1 ? '-' : '--'}${key}`;
}

function unknownOption(spec: CommandSpec, option: string): FaultFacts {
  if (spec.takesOperands && !option.startsWith('--')) {
    return errors.optionLikeWord(spec.name, option);
  }
  const known = Object.entries(spec.options)
    .filter(([, { isHidden }]) => isHidden !== true)
    .map(([name]) => `--${name}`);
  return errors.optionUnknown(spec.name, option, nearest(option, known));
}
