/** One option of a command: the one source for parsing it, for its line in --help and for completion. */
export interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  /** may be given more than once */
  many?: boolean;
  /** what stands for the value in --help, e.g. FILE; HOST is completed by the names of kicker.yaml */
  value?: string;
  /** the values that completion offers; the command checks the value itself */
  choices?: readonly string[];
  about: string;
  /** heading in --help */
  group?: string;
  /** understood, but not shown */
  isHidden?: boolean;
}

export interface CommandSpec {
  /** as typed after `kicker` */
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
