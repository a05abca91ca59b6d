import { nagiosKeys, type NagiosSettings } from './nagios/schema.ts';

/**
 * Every kind of monitor that kicker.yaml may name, with its keys. To add one: a folder with schema, reading, feedback and
 * adapter, one line here, one in defaults.ts and one in registry.ts, and the conformance suite for its adapter.
 */
export const monitorSchemas = {
  nagios: {
    keys: nagiosKeys,
    description: 'nagios (also for Naemon and Icinga 1)',
  },
} as const;

export type MonitorSettings = NagiosSettings;
