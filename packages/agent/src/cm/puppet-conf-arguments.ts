import type { RunScope } from '../run/scope.ts';

/**
 * Makes Puppet go by this puppet.conf. Under its usual name it lies in a configuration folder of its own, by which
 * Puppet finds the rest (SSL files, hiera, facts): several agents on one host have one each.
 * @param file absolute; undefined: Puppet looks for its own
 */
export function confArguments(file: string | undefined): string[] {
  if (file === undefined) return [];
  const name = '/puppet.conf';
  return [
    `--config=${file}`,
    ...(file.endsWith(name)
      ? [`--confdir=${file.slice(0, -name.length) || '/'}`]
      : []),
  ];
}

/** What a kick may narrow a run to. */
export function scopeArguments({
  tags,
  noop,
  environment,
}: RunScope): string[] {
  return [
    ...(tags === undefined ? [] : [`--tags=${tags.join(',')}`]),
    ...(noop ? ['--noop'] : []),
    ...(environment === undefined ? [] : [`--environment=${environment}`]),
  ];
}
