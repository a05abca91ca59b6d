import { Type, type Static } from 'typebox';
import { jsonpath } from 'json-p3';
import { closed } from '../../schema-parts.ts';

const Path = Type.Refine(
  Type.String({ description: 'a JSONPath, e.g. $.labels.instance' }),
  isPath,
);

/** @see RFC 9535 */
export function isPath(text: string): boolean {
  try {
    jsonpath.compile(text);
    return true;
  } catch {
    return false;
  }
}

const Word = Type.Union(
  [Type.String(), Type.Number(), Type.Boolean(), Type.Null()],
  { description: 'a text, a number, true, false, or null for "absent"' },
);
const One = Type.Union(
  [
    Word,
    closed(
      {
        matches: Type.Refine(
          Type.String({ description: 'a regular expression' }),
          isRegex,
        ),
      },
      'a mapping with matches',
    ),
    closed(
      { present: Type.Boolean({ description: 'true or false' }) },
      'a mapping with present',
    ),
  ],
  { description: 'a value, {matches: REGEX} or {present: true}' },
);
const Condition = Type.Union(
  [One, Type.Array(One, { minItems: 1, description: 'a list of these' })],
  {
    description:
      'a value, {matches: REGEX} or {present: true}, or a list of these',
  },
);
const When = Type.Record(Type.String(), Condition, {
  description: 'a mapping of JSONPaths to values; all must fit',
});

function isRegex(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

const Paths = Type.Union([Path, Type.Array(Path, { minItems: 1 })], {
  description: 'a JSONPath, or a list of which the first that is there counts',
});

/** What a mapping file may hold, from any JSON to events; docs/guides/webhooks.md says what each means. */
export const MappingFile = closed(
  {
    format: Type.Optional(
      Type.Enum(['json', 'cloudevents'], {
        description: 'json, or cloudevents (1.0: structured, binary, batch)',
      }),
    ),
    each: Type.Optional(Path),
    states: Type.Array(
      closed(
        {
          when: When,
          state: Type.Optional(
            Type.Enum(['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']),
          ),
          confirmed: Type.Optional(
            Type.Boolean({ description: 'false: the monitor looks again' }),
          ),
          ignore: Type.Optional(
            Type.String({ minLength: 1, description: 'why it is no news' }),
          ),
        },
        'a mapping with when, and state or ignore',
      ),
      { minItems: 1, description: 'a list: the first that fits counts' },
    ),
    subjects: Type.Array(
      closed(
        {
          when: Type.Optional(When),
          host: Path,
          hostIs: Type.Optional(
            Type.Enum(['name', 'name-and-port', 'url'], {
              description: 'name, name-and-port or url',
            }),
          ),
          service: Type.Optional(Paths),
        },
        'a mapping with host, and service where it is not about the host',
      ),
      { minItems: 1, description: 'a list: the first that fits counts' },
    ),
    address: Type.Optional(Path),
    problem: Type.Optional(
      Type.Array(Path, {
        minItems: 1,
        description: 'a list of JSONPaths: together they name one episode',
      }),
    ),
    since: Type.Optional(Path),
    at: Type.Optional(Path),
    acknowledgedBy: Type.Optional(Path),
    inDowntime: Type.Optional(Path),
    groups: Type.Optional(Path),
    labels: Type.Optional(Path),
  },
  'a mapping with states and subjects',
);
export type MappingFile = Static<typeof MappingFile>;
