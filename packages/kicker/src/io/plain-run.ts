import { patterns } from '@kickd/protocol';

/**
 * Whether a body is surely a Run of the protocol that has not ended, without loading its schema: that
 * takes longer than all else between a 202 and the word "accepted".
 * @returns true: the schema would say so too; false: ask the schema
 */
export function isPlainRun(body: unknown): boolean {
  return fits(body, {
    run: named('uuid7'),
    certname: named('certname'),
    cm: named('profileName'),
    state: isOneOf('queued', 'running'),
    noop: (value) => typeof value === 'boolean',
    kicks: isListOf((kick) =>
      fits(kick, {
        kick: named('uuid7'),
        by: named('certname'),
        joined: isOneOf('started', 'queued', 'joined-queued', 'joined-running'),
        acceptedAt: named('instant'),
        expires: optional(named('instant')),
        because: optional((value) => fits(value, because)),
      }),
    ),
    queuedAt: named('instant'),
    startedAt: optional(named('instant')),
    tags: optional(isListOf(named('tag'))),
    environment: optional(named('environment')),
  });
}

type Test = (value: unknown) => boolean;

const because: Record<string, Test> = {
  monitor: optional(named('label')),
  host: optional(named('label')),
  service: optional(named('label')),
  state: optional(named('label')),
  problem: optional(named('label')),
  since: optional(named('instant')),
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

function named(name: keyof typeof patterns): Test {
  return (value) =>
    typeof value === 'string' && new RegExp(patterns[name]).test(value);
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
