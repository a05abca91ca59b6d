import { Type, type Static } from 'typebox';
import { ApiPart } from '../api-schema.ts';

/** What kicker.yaml may say of one Icinga 2. */
export const icinga2Keys = {
  api: Type.Optional(ApiPart),
  author: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000-\\u001f\\u007f]{1,255}$',
      description: 'a name: who comments and acknowledges',
    }),
  ),
};
const Icinga2File = Type.Object(icinga2Keys);

export type Icinga2Settings = Omit<Static<typeof Icinga2File>, 'author'> & {
  kind: 'icinga2';
  author: string;
};
