import { Type, type Static } from 'typebox';
import type { AlertLabels } from './settings.ts';

const LabelName = (what: string) =>
  Type.String({
    pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$',
    description: `a label: ${what}`,
  });

/** What kicker.yaml may say of one Alertmanager. */
export const alertmanagerKeys = {
  hostLabel: Type.Optional(LabelName('the one that names the host')),
  serviceLabel: Type.Optional(LabelName('the one that names the service')),
  severityLabel: Type.Optional(LabelName('the one that says how bad it is')),
  severities: Type.Optional(
    Type.Record(Type.String(), Type.Enum(['WARNING', 'CRITICAL', 'UNKNOWN']), {
      description: 'a mapping of severities to WARNING, CRITICAL or UNKNOWN',
    }),
  ),
};
const AlertmanagerFile = Type.Object(alertmanagerKeys);

export type AlertmanagerSettings = Static<typeof AlertmanagerFile> &
  AlertLabels & { kind: 'alertmanager' };
