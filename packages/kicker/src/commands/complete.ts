import { catalogue } from './catalogue.ts';
import type { CommandSpec, OptionSpec } from './options.ts';

/** What may stand in place of the word that is being typed. */
export interface Completion {
  word: string;
  about: string;
}

/** The names of hosts in the configuration that is in force, or in the file that was typed. */
export type NameHosts = (config: string | undefined) => Promise<string[]>;

/**
 * Completes the last of the words.
 * @param typed what stands behind `kicker`, up to the cursor; the last word may be empty
 * @returns none: the shell offers the names of files
 */
export async function complete(
  typed: readonly string[],
  nameHosts: NameHosts,
): Promise<Completion[]> {
  const [name = '', ...rest] = joinValues(typed);
  const current = rest.at(-1) ?? name;
  const found =
    rest.length === 0
      ? firstWords()
      : await wordsOf(name, rest.slice(0, -1), current, nameHosts);
  return found.filter(({ word }) => word.startsWith(current));
}

function firstWords(): Completion[] {
  return [
    ...Object.entries(catalogue).map(([word, { about }]) => ({ word, about })),
    { word: '--help', about: 'print the commands' },
    { word: '--version', about: 'print the version' },
  ];
}

async function wordsOf(
  name: string,
  before: readonly string[],
  current: string,
  nameHosts: NameHosts,
): Promise<Completion[]> {
  const found = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (found === undefined) return [];
  const { spec } = await found.load();
  const config = configOf(before);
  const hosts = async (): Promise<Completion[]> =>
    (await nameHosts(config)).map((word) => ({ word, about: 'host' }));
  const valuesOf = async (option: OptionSpec): Promise<Completion[]> =>
    option.value === 'HOST' || option.value === '$HOSTNAME$'
      ? hosts()
      : (option.choices ?? []).map((word) => ({ word, about: '' }));
  const areWords = before.includes('--');
  if (!areWords) {
    const [, long, value] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
    if (long !== undefined && value !== undefined) {
      const values = await valuesOf(spec.options[long] ?? noOption);
      return values.map(({ word, about }) => ({
        word: `--${long}=${word}`,
        about,
      }));
    }
    const option = optionOf(spec, before.at(-1) ?? '');
    if (option?.type === 'string') return valuesOf(option);
    if (current.startsWith('-')) return optionsOf(spec, before);
  }
  return /(^|[^A-Z])HOST([^A-Z]|$)/.test(spec.operands) ? hosts() : [];
}

const noOption: OptionSpec = { type: 'boolean', about: '' };

function optionsOf(
  { options }: CommandSpec,
  before: readonly string[],
): Completion[] {
  const open = Object.entries(options).filter(
    ([name, { isHidden, many }]) =>
      isHidden !== true && (many === true || !before.includes(`--${name}`)),
  );
  return [
    ...open.map(([name, { about }]) => ({ word: `--${name}`, about })),
    { word: '--help', about: 'print the options' },
  ];
}

/** The option that waits for its value: `--kind`, `-t`, not `--kind=all`. */
function optionOf(
  { options }: CommandSpec,
  word: string,
): OptionSpec | undefined {
  const named = Object.entries(options).find(
    ([name, { short }]) => word === `--${name}` || word === `-${short ?? ''}`,
  );
  return named?.[1];
}

function configOf(before: readonly string[]): string | undefined {
  const at = before.findLastIndex((word) => /^--config(=|$)/.test(word));
  const word = before[at];
  return word === '--config' ? before[at + 1] : word?.slice('--config='.length);
}

/** bash takes `=` for the end of a word: `--host=we` comes as three. What follows it is the word to complete. */
function joinValues(typed: readonly string[]): string[] {
  const words: string[] = [];
  typed.forEach((word, index) => {
    if (word === '=' && /^--./s.test(words.at(-1) ?? '')) {
      const isLast = index === typed.length - 1;
      if (isLast) words.push('');
      return;
    }
    words.push(word);
  });
  return words;
}
