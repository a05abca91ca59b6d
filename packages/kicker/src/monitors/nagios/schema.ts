import { Type, type Static } from 'typebox';
import { Path } from '../../schema-parts.ts';

/** What kicker.yaml may say of one Nagios, Naemon or Icinga 1. */
export const nagiosKeys = {
  commandFile: Type.Optional(Path('the external command file')),
  statusFile: Type.Optional(Path('the status data, status.dat')),
  objectsFile: Type.Optional(Path('the object cache, objects.cache')),
  author: Type.Optional(
    Type.String({
      pattern: '^[^;\\u0000-\\u001f\\u007f]{1,64}$',
      description: 'a name of at most 64 characters, without ;',
    }),
  ),
};
const NagiosFile = Type.Object(nagiosKeys);

/** The same with every default filled in. */
export type NagiosSettings = Static<typeof NagiosFile> & {
  kind: 'nagios';
  /** who comments and acknowledges */
  author: string;
};
