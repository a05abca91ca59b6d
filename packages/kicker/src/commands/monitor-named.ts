import type { Config } from '../config/config.ts';
import { errors, Faults } from '../errors.ts';
import { monitorDefaults } from '../monitors/defaults.ts';
import type { MonitorSettings } from '../monitors/schemas.ts';
import { shippedNames } from '../monitors/webhook/shipped-names.ts';

/**
 * The settings of a monitor of kicker.yaml, else of a kind of monitor or a mapping that kicker brings along, with its
 * defaults.
 * @throws {Faults} MONITOR_UNKNOWN
 */
export function monitorNamed(
  name: string,
  { monitors }: Pick<Config, 'monitors'>,
): MonitorSettings {
  const configured = Object.hasOwn(monitors, name) ? monitors[name] : undefined;
  if (configured !== undefined) return configured;
  const meant = Object.hasOwn(otherNames, name)
    ? (otherNames[name] ?? name)
    : name;
  if (shippedNames.some((shipped) => shipped === meant)) {
    return { kind: 'webhook', mapping: meant };
  }
  const kind = Object.entries(monitorDefaults).find(
    ([kind]) => kind === meant && kind !== 'webhook',
  );
  if (kind !== undefined) return kind[1];
  throw new Faults([
    errors.monitorUnknown(name, [
      ...new Set([
        ...Object.keys(monitors),
        ...Object.keys(monitorDefaults).filter((one) => one !== 'webhook'),
        ...shippedNames,
      ]),
    ]),
  ]);
}

/** What people call them as well. */
const otherNames: Readonly<Record<string, string>> = {
  icinga: 'icinga2',
  prometheus: 'alertmanager',
  'sensu-go': 'sensu',
  'uptime-kuma': 'kuma',
};
