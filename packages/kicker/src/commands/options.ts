import { parseArgs } from 'node:util';
import { Faults, errors } from '../errors.ts';
import { nearest } from '@kickd/settings';

/** One option of a command: the one source for parsing it and for its line in --help. */
interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  /** may be given more than once */
  many?: boolean;
  /** what stands for the value in --help, e.g. FILE */
  value?: string;
  about: string;
  /** heading in --help */
  group?: string;
  /** understood, but not shown */
  isHidden?: boolean;
}

export interface CommandSpec {
  /** as typed after `kicker`, e.g. `event nagios` */
  name: string;
  /** what stands after the name, e.g. `HOST…` */
  operands: string;
  about: string;
  options: Readonly<Record<string, OptionSpec>>;
  examples: readonly (readonly [command: string, about: string])[];
  /** whether positional arguments are taken */
  takesOperands: boolean;
}

/** What was given: read by name, each by its type. */
export interface Given {
  operands: readonly string[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean | undefined;
  /** @throws {Faults} USAGE_VALUE where it is given and no number from `least` to `most` */
  number(
    name: string,
    limits: { least: number; most: number; isWhole?: boolean },
  ): number | undefined;
}

/**
 * Parses the arguments behind a command's name, strictly. Node's own parser does it: yargs costs
 * start-up and is kept for --help (measured in docs/decisions/0010).
 * @throws {Faults} USAGE_OPTION with the nearest option, USAGE
 */
export function parseOptions(
  spec: CommandSpec,
  args: readonly string[],
): Given {
  const options = Object.fromEntries(
    Object.entries(spec.options).map(([name, option]) => [
      name,
      {
        type: option.type,
        multiple: option.many ?? false,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  );
  let parsed: {
    values: Record<string, unknown>;
    positionals: string[];
  };
  try {
    parsed = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: spec.takesOperands,
      allowNegative: true,
    });
  } catch (error) {
    throw new Faults([explain(spec, error)]);
  }
  const { values, positionals } = parsed;
  const text = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    operands: positionals,
    text,
    texts: (name) => {
      const value = values[name];
      return Array.isArray(value)
        ? value.filter((item) => typeof item === 'string')
        : [];
    },
    flag: (name) => {
      const value = values[name];
      return typeof value === 'boolean' ? value : undefined;
    },
    number: (name, { least, most, isWhole = true }) => {
      const given = text(name);
      if (given === undefined) return undefined;
      const value = /^\d{1,12}(\.\d{1,6})?$/.test(given)
        ? Number(given)
        : Number.NaN;
      if (
        value >= least &&
        value <= most &&
        (!isWhole || Number.isInteger(value))
      ) {
        return value;
      }
      throw new Faults([
        errors.optionValue(
          spec.name,
          `--${name}`,
          given,
          `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`,
        ),
      ]);
    },
  };
}

function explain(spec: CommandSpec, error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const isUnknown =
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
  const option = /'(-[^']*)'/.exec(message)?.[1];
  if (isUnknown && option !== undefined) {
    if (spec.takesOperands && !option.startsWith('--')) {
      return errors.optionLikeWord(spec.name, option);
    }
    const known = Object.entries(spec.options)
      .filter(([, { isHidden }]) => isHidden !== true)
      .map(([name]) => `--${name}`);
    return errors.optionUnknown(spec.name, option, nearest(option, known));
  }
  // Node's message goes on with advice about its own API.
  return errors.usage(spec.name, message.split('. ')[0] ?? message);
}
