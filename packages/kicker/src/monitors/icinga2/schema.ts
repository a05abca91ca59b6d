import { Type, type Static } from 'typebox';
import { ApiPart } from '../api-schema.ts';

/** What kicker.yaml may say of one Icinga 2. */
export const icinga2Keys = { api: Type.Optional(ApiPart) };
const Icinga2File = Type.Object(icinga2Keys);

export type Icinga2Settings = Static<typeof Icinga2File> & {
  kind: 'icinga2';
};
