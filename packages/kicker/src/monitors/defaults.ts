import type { MonitorSettings } from './schemas.ts';

/** What holds for a monitor where kicker.yaml says nothing. Apart from the schemas: every start of kicker reads it. */
export const monitorDefaults = {
  nagios: { kind: 'nagios', author: 'kicker' },
} as const satisfies Record<string, MonitorSettings>;
