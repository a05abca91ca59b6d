import { parse } from 'yaml';
import { printable } from '@kickd/protocol';
import type { AppliedPolicy } from '../ports.ts';
import { nestsTooDeep } from './yaml-shape.ts';

/**
 * Which policy Puppet's last run applied, whoever started it, from `last_run_summary.yaml`: small, and
 * written by every run that had a catalog.
 * @returns undefined where it is no summary, or it tells no version
 * @see lib/puppet/configurer.rb, save_last_run_summary
 */
export function readPolicy(
  text: string | undefined,
): AppliedPolicy | undefined {
  if (text === undefined) return undefined;
  const summary = parsed(text);
  const version = at(summary, 'version', 'config');
  const endedSeconds = at(summary, 'time', 'last_run');
  const seconds = at(summary, 'time', 'total');
  if (typeof version !== 'string' && typeof version !== 'number') {
    return undefined;
  }
  if (
    typeof endedSeconds !== 'number' ||
    !(endedSeconds >= 0 && endedSeconds < 253_402_300_799)
  ) {
    return undefined;
  }
  return {
    configVersion: printable(String(version), 64),
    endedAt: new Date(endedSeconds * 1000).toISOString(),
    ...(typeof seconds === 'number' && seconds >= 0
      ? { durationMs: Math.round(seconds * 1000) }
      : {}),
  };
}

function parsed(text: string): unknown {
  if (nestsTooDeep(text)) return undefined;
  try {
    return parse(text, { logLevel: 'silent', maxAliasCount: 10 }) as unknown;
  } catch {
    return undefined;
  }
}

function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Object.getOwnPropertyDescriptor(found, key)?.value;
  }
  return found;
}
