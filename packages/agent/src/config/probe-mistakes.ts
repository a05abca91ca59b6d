import { printable, type FaultFacts } from '@kickd/protocol';
import { faults } from '../errors.ts';
import type { ConfigFile, ProbeSettings, Profile } from './schema.ts';

/** `FILE:LINE:COL` of a setting. */
type WhereOf = (path: string[]) => string;

const readBack = 'then run: kickd check';

/**
 * What the schema cannot say of the probes: one that does not say which service it is about could call a kick for
 * another service not needed, and a program without its full name would be looked for.
 */
export function probeMistakes(
  { cm }: ConfigFile,
  whereOf: WhereOf,
): FaultFacts[] {
  return Object.entries(cm?.profiles ?? {}).flatMap(([name, profile]) => {
    const path = ['cm', 'profiles', name];
    if (profile.type === 'drill') return [];
    const { probe, probes = {} } = profile;
    return [
      ...(probe === undefined
        ? []
        : [
            ...aimless(profile, [...path, 'probe'], whereOf),
            ...nameless(probe, [...path, 'probe'], whereOf),
          ]),
      ...Object.entries(probes).flatMap(([service, one]) =>
        nameless(one, [...path, 'probes', service], whereOf),
      ),
    ];
  });
}

function aimless(
  { probe, probes, services = {} }: Exclude<Profile, { type: 'drill' }>,
  path: string[],
  whereOf: WhereOf,
): FaultFacts[] {
  const where = whereOf(path);
  const key = path.join('.');
  if (probes !== undefined) {
    return [
      faults.configInvalid(
        printable(where),
        `${key} stands beside probes`,
        `move it there, under the name that the service has in the monitor; ${readBack}`,
      ),
    ];
  }
  const names = Object.keys(services);
  if (names.length === 1) return [];
  const mapped = names.length === 0 ? 'no service' : names.join(', ');
  const argv = (probe?.argv ?? []).map(inYaml).join(', ');
  return [
    faults.configInvalid(
      printable(where),
      `${key} does not say which service it is about: the profile maps ${printable(mapped)}`,
      `write probes: {SERVICE: {argv: [${printable(argv)}]}} in its place, SERVICE as the monitor names it; ${readBack}`,
    ),
  ];
}

function nameless(
  { argv: [file = ''] }: ProbeSettings,
  path: string[],
  whereOf: WhereOf,
): FaultFacts[] {
  if (file.startsWith('/')) return [];
  const name = printable(file);
  const remedy = /^[\w.+-]+$/.test(file)
    ? `look where it is: command -v ${file} || ls /usr/lib/nagios/plugins/${file}; ${readBack}`
    : `write the program with its whole path; ${readBack}`;
  return [
    faults.configInvalid(
      printable(whereOf([...path, 'argv', '0'])),
      `${printable(path.join('.'))}.argv begins with ${name}; expected: an absolute path`,
      remedy,
    ),
  ];
}

/** A text as it may stand in a list of YAML. */
function inYaml(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
