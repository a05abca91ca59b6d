import { Type, type Static } from 'typebox';
import { ApiPart } from '../api-schema.ts';
import type { SensuReading } from './read.ts';

/** What kicker.yaml may say of one Sensu. */
export const sensuKeys = {
  confirmedAt: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: 'a number of results in a row, 1 to 1000',
    }),
  ),
  api: Type.Optional(ApiPart),
  namespace: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_.-]{1,253}$',
      description: 'the name of a namespace of Sensu',
    }),
  ),
};

export interface SensuSettings extends SensuReading {
  kind: 'sensu';
  /** its tokenFile holds an API key */
  api?: Static<typeof ApiPart>;
  namespace: string;
}
