import { Type, type Static } from 'typebox';
import type { ZabbixReading } from './read.ts';

/** What kicker.yaml may say of one Zabbix. */
export const zabbixKeys = {
  serviceTag: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'the tag of a trigger that names the service',
    }),
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
};
const ZabbixFile = Type.Object(zabbixKeys);

export type ZabbixSettings = Static<typeof ZabbixFile> &
  ZabbixReading & { kind: 'zabbix' };
