import { Type } from 'typebox';
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
};

export interface SensuSettings extends SensuReading {
  kind: 'sensu';
}
