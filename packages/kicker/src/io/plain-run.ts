/**
 * Whether a body is surely a Run of the protocol that has not ended, without loading its schema: that
 * takes longer than all else between a 202 and the word "accepted".
 * @returns true: the schema would say so too; false: ask the schema
 */
export function isPlainRun(body: unknown): boolean {
  return fits(body, {
    run: matches(uuid7),
    certname: matches(certname),
    cm: matches(/^[a-z0-9][a-z0-9-]{0,63}$/),
    state: isOneOf('queued', 'running'),
    noop: (value) => typeof value === 'boolean',
    kicks: isListOf((kick) =>
      fits(kick, {
        kick: matches(uuid7),
        by: matches(certname),
        joined: isOneOf('started', 'queued', 'joined-queued', 'joined-running'),
        acceptedAt: matches(instant),
        expires: optional(matches(instant)),
        because: optional((value) => fits(value, because)),
      }),
    ),
    queuedAt: matches(instant),
    startedAt: optional(matches(instant)),
    tags: optional(isListOf(matches(/^[a-z0-9_][a-z0-9_:.-]{0,127}$/))),
    environment: optional(matches(/^[A-Za-z0-9_]{1,64}$/)),
  });
}

type Test = (value: unknown) => boolean;

// The protocol's patterns, or less: of a label it is enough to know the plain ones.
const uuid7 =
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const certname = /^[a-z0-9][a-z0-9._-]{0,252}$/;
const instant =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{3})?Z$/;
const label = matches(/^[ -~]{1,200}$/);
const because: Record<string, Test> = {
  monitor: optional(label),
  host: optional(label),
  service: optional(label),
  state: optional(label),
  problem: optional(label),
  since: optional(matches(instant)),
};

/** Every key is known, and every value as its test wants it. */
function fits(body: unknown, tests: Record<string, Test>): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return false;
  }
  const given = new Map<string, unknown>(Object.entries(body));
  return (
    [...given.keys()].every((key) => Object.hasOwn(tests, key)) &&
    Object.entries(tests).every(([key, test]) => test(given.get(key)))
  );
}

function matches(pattern: RegExp): Test {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function isOneOf(...words: string[]): Test {
  return (value) => typeof value === 'string' && words.includes(value);
}

function isListOf(test: Test): Test {
  return (value) => Array.isArray(value) && value.every(test);
}

function optional(test: Test): Test {
  return (value) => value === undefined || test(value);
}
