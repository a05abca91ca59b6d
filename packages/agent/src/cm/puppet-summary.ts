import { outcomeLimits, printable } from '@kickd/protocol';
import type { AppliedPolicy } from '../ports.ts';
import { Anchors } from './yaml-anchors.ts';
import { readBlock } from './yaml-block.ts';
import { YamlSections } from './yaml-sections.ts';

/**
 * Which policy Puppet's last run applied, whoever started it, from `last_run_summary.yaml`: written by every run that
 * had a catalog.
 * @returns undefined where it is no summary, or it tells no version
 * @see lib/puppet/configurer.rb, save_last_run_summary
 */
export function readPolicy(
  text: string | undefined,
): AppliedPolicy | undefined {
  if (text === undefined) return undefined;
  const found = valuesOf(text);
  const version = found.get('version.config');
  const endedSeconds = numberOf(found.get('time.last_run'));
  const seconds = numberOf(found.get('time.total'));
  if (version === undefined || endedSeconds === undefined) return undefined;
  const configVersion = readText(version);
  if (configVersion === undefined || endedSeconds >= 253_402_300_799) {
    return undefined;
  }
  return {
    configVersion: printable(configVersion, outcomeLimits.configVersionChars),
    endedAt: new Date(endedSeconds * 1000).toISOString(),
    ...(seconds !== undefined && { durationMs: Math.round(seconds * 1000) }),
  };
}

const wanted = new Set(['version.config', 'time.last_run', 'time.total']);

/** The few lines of interest as they stand there, by section and key. */
function valuesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const sections = new YamlSections({
    isCut: () => true,
    entry: (entry, section) => {
      if (section === undefined || section.isList) return;
      const key = /^ *["']?(\w+)["']?:/.exec(entry)?.[1] ?? '';
      const name = `${section.name}.${key}`;
      if (wanted.has(name)) found.set(name, entry);
    },
  });
  sections.take(Buffer.from(text));
  sections.end();
  return found;
}

/** Not what stands in quotes: that is no time. */
function numberOf(entry: string | undefined): number | undefined {
  const digits = /: +(\d{1,15}(?:\.\d+)?(?:e[+-]?\d+)?)\s*$/.exec(
    entry ?? '',
  )?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function readText(entry: string): string | undefined {
  const text = Buffer.from(entry, 'latin1').toString('utf8');
  const map = readBlock(text, { anchors: new Anchors() });
  const value = map instanceof Map ? map.values().next().value : undefined;
  return typeof value === 'string' ? value : undefined;
}
