import { Type, type Static } from 'typebox';
import { Path } from '../../schema-parts.ts';
import { ApiPart } from '../api-schema.ts';
import type { ZabbixReading } from './read.ts';

const Text = (description: string) =>
  Type.String({ minLength: 1, maxLength: 255, description });

/** What kicker.yaml may say of one Zabbix. */
export const zabbixKeys = {
  serviceTag: Type.Optional(
    Text('the tag of a trigger that names the service'),
  ),
  severities: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^[0-5]$' }),
      Type.Enum(['WARNING', 'CRITICAL', 'UNKNOWN']),
      {
        description:
          'a mapping of the numbers "0" to "5" to WARNING, CRITICAL or UNKNOWN',
      },
    ),
  ),
  tag: Type.Optional(Text('the tag of the problems that are kicker’s')),
  tagValue: Type.Optional(Text('the value of that tag')),
  api: Type.Optional(ApiPart),
  recheckTokenFile: Type.Optional(
    Path('holds the token of a Super admin that may call task.create'),
  ),
};
const ZabbixFile = Type.Object(zabbixKeys);

export type ZabbixSettings = Static<typeof ZabbixFile> &
  ZabbixReading & {
    kind: 'zabbix';
    /** problems that nobody told of are told where they carry it */
    tag: string;
    tagValue: string;
  };
