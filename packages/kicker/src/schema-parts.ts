import { Type } from 'typebox';
import { Certname } from '@kickd/protocol';

/** A timer beyond this fires at once. @see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const timerMaxSeconds = Math.floor((2 ** 31 - 1) / 1000);

export const Path = (what: string) =>
  Type.String({ pattern: '^/', description: `an absolute path: ${what}` });
export const Seconds = (minimum: number) =>
  Type.Number({
    minimum,
    maximum: timerMaxSeconds,
    description: `seconds, ${minimum} to ${timerMaxSeconds} (a longer timer fires at once)`,
  });
export const Port = Type.Integer({
  minimum: 1,
  maximum: 65535,
  description: 'a port, 1 to 65535',
});
export const Name = Type.String({
  ...Certname,
  description: 'a certname in lower case, e.g. web1.example.com',
});

/** A mapping that holds these keys and no other. */
export function closed<Properties extends Parameters<typeof Type.Object>[0]>(
  properties: Properties,
  description: string,
  options: { minProperties?: number } = {},
) {
  return Type.Object(properties, {
    ...options,
    additionalProperties: false,
    description,
  });
}
