import { Type, type Static } from 'typebox';
import { ApiPart } from '../api-schema.ts';
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
  receiver: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'the receiver of Alertmanager that sends to kicker',
    }),
  ),
  author: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000-\\u001f\\u007f]{1,64}$',
      description: 'a name of at most 64 characters',
    }),
  ),
  api: Type.Optional(ApiPart),
  prometheus: Type.Optional(ApiPart),
};
const AlertmanagerFile = Type.Object(alertmanagerKeys);

export type AlertmanagerSettings = Static<typeof AlertmanagerFile> &
  AlertLabels & {
    kind: 'alertmanager';
    /** alerts that go to another one are none of kicker's */
    receiver: string;
    /** who makes silences */
    author: string;
  };
