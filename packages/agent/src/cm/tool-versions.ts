import type { Profile } from '../config/schema.ts';

export type ToolType = Exclude<Profile['type'], 'command' | 'drill'>;

/** How a tool tells its version, and the oldest whose options and report kickd knows. */
export interface ToolVersion {
  /** the tool's name, for a person */
  title: string;
  args: readonly string[];
  /** of the answer; the first group is the version */
  answer: RegExp;
  oldest: string;
}

/**
 * What was tried, what was read and what is unknown: docs/reference/versions.md.
 * - Puppet 6.16 brought `--waitforlock` and `--maxwaitforlock`; `puppet apply` gets neither.
 * - CFEngine 3.7 is the first whose verbose output names each promise with its verdict.
 * - Ansible 2.9 is the first that loads kickd's callback as it is.
 * - Chef 12 has every option and exits with one of the documented codes or 1.
 * - Salt 2016.11: `state.apply`, `queue=True`, `--out-file`.
 */
export const toolVersions: Readonly<Record<ToolType, ToolVersion>> = {
  'puppet-agent': {
    title: 'Puppet',
    args: ['--version'],
    answer: /^(\d+\.\d[\w.-]*)$/m,
    oldest: '6.16',
  },
  'puppet-apply': {
    title: 'Puppet',
    args: ['--version'],
    answer: /^(\d+\.\d[\w.-]*)$/m,
    oldest: '4.0',
  },
  cfengine: {
    title: 'CFEngine',
    args: ['--version'],
    answer: /^CFEngine Core (\d+\.\d[\w.-]*)/m,
    oldest: '3.7',
  },
  'ansible-pull': {
    title: 'Ansible',
    args: ['--version'],
    answer: /^ansible-pull (?:\[(?:core|base) )?(\d+\.\d[\w.-]*)/m,
    oldest: '2.9',
  },
  'chef-client': {
    title: 'Chef',
    args: ['--version'],
    // `Chef: 14.15.6`, `Chef Infra Client: 18.7.10`, `Cinc Client: 18.7.10`
    answer: /^[A-Z][\w ]{1,60}: (\d+\.\d[\w.-]*)/m,
    oldest: '12.0',
  },
  'salt-call': {
    title: 'Salt',
    args: ['--version'],
    // `salt-call 3007.1 (Chlorine)`, `salt-call 2019.2.0 (Fluorine)`
    answer: /^salt-call (\d{4,}(?:\.\d[\w.-]*)?)/m,
    oldest: '2016.11',
  },
};

/** The version in the answer, or undefined: it told none. */
export function versionIn(
  text: string,
  { answer }: ToolVersion,
): string | undefined {
  return answer.exec(text)?.[1];
}

/**
 * Whether `found` comes before `oldest`, by the leading numbers alone: `6.15.0.rc1` is 6.15.0.
 * @param oldest numbers with dots
 */
export function isOlder(found: string, oldest: string): boolean {
  const numbers = (version: string): number[] =>
    /^\d+(?:\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? [];
  const [left, right] = [numbers(found), numbers(oldest)];
  const at = right.findIndex((number, index) => number !== (left[index] ?? 0));
  return at !== -1 && (left[at] ?? 0) < (right[at] ?? 0);
}
