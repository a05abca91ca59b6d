import { Fault } from '@kickd/protocol';
import { errors } from './errors.ts';

/** Settings by section, as they stand in the file; `[master]` is kept as `server`. */
export type PuppetConf = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads the text of a puppet.conf. Lines that are neither a section nor a setting are comments, as in
 * Puppet; there are no comments behind a value; `{ owner = …, mode = … }` behind a path is dropped.
 * @see Puppet::Settings::IniFile and ConfigFile (lib/puppet/settings/)
 */
export function parsePuppetConf(text: string): PuppetConf {
  const sections = new Map<string, Map<string, string>>();
  let section = sectionOf(sections, 'main');
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\s*\[(\w+)\]\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      section = sectionOf(sections, name === 'master' ? 'server' : name);
      continue;
    }
    const [, setting, value = ''] =
      /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (setting !== undefined) section.set(setting, bare(value));
  }
  return sections;
}

/**
 * Values of settings with `$var` and `${var}` filled in: the mode's section, then [main], then defaults.
 * @returns a function; it gives undefined for a setting that nobody knows
 * @throws {Fault} PUPPET_CONF_VARIABLE from that function: a variable that nobody knows, or a circle
 */
export function createSettings(
  conf: PuppetConf,
  mode: 'agent' | 'server',
  defaults: Readonly<Record<string, string>>,
): (setting: string) => string | undefined {
  const known = new Map(Object.entries(defaults));
  const raw = (setting: string): string | undefined =>
    conf.get(mode)?.get(setting) ??
    conf.get('main')?.get(setting) ??
    known.get(setting);
  const resolve = (
    setting: string,
    asking: readonly string[],
  ): string | undefined =>
    raw(setting)?.replace(
      /\$(?:(\w+)|\{(\w+)\})/g,
      (_all, plain?: string, braced?: string) => {
        const variable = plain ?? braced ?? '';
        const way = [...asking, setting];
        const value = way.includes(variable)
          ? undefined
          : resolve(variable, way);
        if (value === undefined)
          throw new Fault(errors.puppetConfVariable(setting, variable));
        return value;
      },
    );
  return (setting) => resolve(setting, []);
}

function sectionOf(
  sections: Map<string, Map<string, string>>,
  name: string,
): Map<string, string> {
  const section = sections.get(name) ?? new Map<string, string>();
  sections.set(name, section);
  return section;
}

function bare(value: string): string {
  return value
    .replace(/\s*\{[^{}$]*=[^{}]*\}$/, '')
    .replace(/^["']|["']$/g, '');
}
