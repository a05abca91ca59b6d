import { Faults, errors } from '../errors.ts';
import type { CommandSpec, Given } from './options.ts';

/**
 * What was given to a command, from what yargs made of its arguments.
 * @param values by the name of the option; an option that was given more than once is a list
 */
export function createGiven(
  { name: command }: Pick<CommandSpec, 'name'>,
  values: Readonly<Record<string, unknown>>,
  operands: readonly string[],
): Given {
  const all = (name: string): unknown[] => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return [];
    return Array.isArray(value) ? value : [value];
  };
  const texts = (name: string) =>
    all(name).filter((value) => typeof value === 'string');
  // The last one wins, so that a line of the shell's history can be amended at its end.
  const text = (name: string) => texts(name).at(-1);
  return {
    operands,
    text,
    texts,
    flag: (name) =>
      all(name)
        .filter((value) => typeof value === 'boolean')
        .at(-1),
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
          command,
          `--${name}`,
          given,
          `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`,
        ),
      ]);
    },
  };
}
