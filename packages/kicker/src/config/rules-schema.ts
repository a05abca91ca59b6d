import { Type, type Static } from 'typebox';
import { Environment, ProfileName, Tag } from '@kickd/protocol';
import { dayNames } from '../decide/window.ts';
import { closed, Seconds } from '../schema-parts.ts';

const Count = (minimum: number, maximum: number, what: string) =>
  Type.Integer({
    minimum,
    maximum,
    description: `${what}: a whole number, ${minimum} to ${maximum}`,
  });
const Percent = (what: string) =>
  Type.Number({
    exclusiveMinimum: 0,
    // At 100 the guard would guard nothing.
    maximum: 99,
    description: `${what}: over 0, at most 99`,
  });
const Flag = (what: string) => Type.Boolean({ description: what });

/**
 * A name, or one with `*` and `?`. No monitor has a name with ^ $ |, or with a blank at its end: whoever
 * writes one means a regular expression, or nothing at all.
 */
const Pattern = Type.String({
  pattern: '^(?! )(?!.* $)[^\\u0000-\\u001f\\u007f^$|]{1,200}$',
  description:
    'a name, where * is any text and ? one character (no regular expression, no empty text)',
});
const Patterns = Type.Union(
  [Pattern, Type.Array(Pattern, { minItems: 1, uniqueItems: true })],
  {
    description:
      'a name or a list of them, where * is any text and ? one character (no regular expression, no empty text)',
  },
);

const MatchPart = closed(
  {
    monitor: Type.Optional(Patterns),
    host: Type.Optional(Patterns),
    hostGroup: Type.Optional(Patterns),
    service: Type.Optional(Patterns),
    labels: Type.Optional(
      Type.Record(Type.String(), Patterns, {
        minProperties: 1,
        description: 'a mapping of labels to names',
      }),
    ),
  },
  'a mapping with monitor, host, hostGroup, service or labels; for every service: {host: "*"}',
  { minProperties: 1 },
);

const RulePart = closed(
  {
    name: Type.String({
      pattern: '^[^\\u0000-\\u001f\\u007f]{1,100}$',
      description: 'the name by which decisions tell of the rule',
    }),
    match: MatchPart,
    mode: Type.Optional(
      Type.Enum(['observe', 'noop', 'automatic'], {
        description: 'observe, noop or automatic',
      }),
    ),
    when: Type.Optional(
      closed(
        {
          states: Type.Optional(
            Type.Array(
              Type.Enum(['WARNING', 'CRITICAL', 'UNKNOWN'], {
                description: 'WARNING, CRITICAL or UNKNOWN',
              }),
              {
                minItems: 1,
                uniqueItems: true,
                description: 'a list of WARNING, CRITICAL, UNKNOWN, each once',
              },
            ),
          ),
          softAttempt: Type.Optional(
            Count(
              0,
              1000,
              'the SOFT attempt from which on SOFT kicks, or 0 for HARD alone',
            ),
          ),
          acknowledged: Type.Optional(
            Flag('true to kick acknowledged problems, or false'),
          ),
          staleSeconds: Type.Optional(Seconds(1)),
        },
        'a mapping with states, softAttempt, acknowledged or staleSeconds',
      ),
    ),
    what: Type.Optional(
      closed(
        {
          cm: Type.Optional(
            Type.String({
              ...ProfileName,
              description: 'a CM profile of kickd',
            }),
          ),
          tags: Type.Optional(
            Type.Array(Type.String({ ...Tag, description: 'a Puppet tag' }), {
              minItems: 1,
              maxItems: 32,
              uniqueItems: true,
              description: 'a list of 1 to 32 Puppet tags, each once',
            }),
          ),
          environment: Type.Optional(
            Type.String({
              ...Environment,
              description: 'the name of an environment',
            }),
          ),
        },
        'a mapping with cm, tags or environment',
      ),
    ),
    coolDownSeconds: Type.Optional(Seconds(0)),
    attempts: Type.Optional(
      closed(
        {
          perProblem: Type.Optional(Count(1, 100, 'kicks of one problem')),
          perPeriod: Type.Optional(Count(1, 100, 'kicks of one service')),
          periodSeconds: Type.Optional(Seconds(60)),
        },
        'a mapping with perProblem, perPeriod or periodSeconds',
      ),
    ),
    expectSeconds: Type.Optional(Seconds(1)),
    verifySeconds: Type.Optional(Seconds(1)),
    patienceSeconds: Type.Optional(Seconds(1)),
    futility: Type.Optional(
      closed(
        {
          runs: Type.Optional(Count(1, 100, 'runs that did not help')),
          relapseSeconds: Type.Optional(Seconds(0)),
          probeAfterSeconds: Type.Optional(Seconds(0)),
        },
        'a mapping with runs, relapseSeconds or probeAfterSeconds',
      ),
    ),
    noopChanges: Type.Optional(
      Count(0, 100_000, 'changes that a noop run may tell of'),
    ),
    tell: Type.Optional(
      closed(
        {
          comment: Type.Optional(
            Flag('true to comment on the problem, or false'),
          ),
          acknowledge: Type.Optional(
            Flag('true to acknowledge while healing, or false'),
          ),
          holdSeconds: Type.Optional(
            Count(0, 3600, 'seconds for which the page is held back, or 0'),
          ),
          escalate: Type.Optional(
            Type.Array(
              Type.Enum(['comment', 'passive', 'command'], {
                description: 'comment, passive or command',
              }),
              {
                uniqueItems: true,
                description: 'a list of comment, passive, command, each once',
              },
            ),
          ),
        },
        'a mapping with comment, acknowledge, holdSeconds or escalate',
      ),
    ),
  },
  'a mapping with name, match and what differs from the default',
);

const GuardsPart = closed(
  {
    share: Type.Optional(
      closed(
        {
          percent: Type.Optional(Percent('per cent of the hosts of a group')),
          hosts: Type.Optional(Count(1, 100_000, 'hosts of a group')),
          hostsOfUnknown: Type.Optional(
            Count(1, 100_000, 'hosts of a group of unknown size'),
          ),
        },
        'a mapping with percent, hosts or hostsOfUnknown',
      ),
    ),
    storm: Type.Optional(
      closed(
        {
          exitDelaySeconds: Type.Optional(Seconds(0)),
          backlog: Type.Optional(
            Type.Enum(['drop', 'replay'], { description: 'drop or replay' }),
          ),
        },
        'a mapping with exitDelaySeconds or backlog',
      ),
    ),
    concurrency: Type.Optional(Count(1, 10_000, 'kicks under way at once')),
    rate: Type.Optional(
      closed(
        {
          kicks: Type.Optional(Count(1, 1000, 'kicks')),
          perSeconds: Type.Optional(Seconds(1)),
        },
        'a mapping with kicks or perSeconds',
      ),
    ),
    hostIntervalSeconds: Type.Optional(Seconds(0)),
    flapping: Type.Optional(
      closed(
        {
          low: Type.Optional(Percent('the lower threshold, per cent')),
          high: Type.Optional(Percent('the upper threshold, per cent')),
          checkSeconds: Type.Optional(Seconds(1)),
        },
        'a mapping with low, high or checkSeconds',
      ),
    ),
    breaker: Type.Optional(
      closed(
        {
          hosts: Type.Optional(Count(2, 1000, 'hosts in a row')),
          retryAfterSeconds: Type.Optional(Seconds(1)),
        },
        'a mapping with hosts or retryAfterSeconds',
      ),
    ),
    canaries: Type.Optional(
      Type.Array(
        closed(
          {
            host: Type.String({
              pattern: '^[^\\u0000-\\u001f\\u007f*?]{1,200}$',
              description: 'the certname of one host',
            }),
            service: Type.Optional(
              Type.String({
                pattern: '^[^\\u0000-\\u001f\\u007f*?]{1,200}$',
                description: 'the name of one service',
              }),
            ),
          },
          'a mapping with host, and service where it is one',
        ),
        { description: 'a list of hosts or services' },
      ),
    ),
  },
  'a mapping of guards',
);

const Time = (what: string, pattern: string) =>
  Type.String({ pattern, description: what });

const DrillPart = closed(
  {
    match: closed(
      {
        monitor: Type.Optional(Patterns),
        host: Patterns,
        hostGroup: Type.Optional(Patterns),
        service: Patterns,
      },
      'a mapping with host and service, and monitor or hostGroup',
    ),
    window: closed(
      {
        days: Type.Array(
          Type.Enum([...dayNames], {
            description: 'mon, tue, wed, thu, fri, sat or sun',
          }),
          {
            minItems: 1,
            uniqueItems: true,
            description:
              'a list of mon, tue, wed, thu, fri, sat, sun, each once',
          },
        ),
        from: Time(
          'a time of day in quotes, "00:00" to "23:59"',
          '^([01]\\d|2[0-3]):[0-5]\\d$',
        ),
        to: Time(
          'a time of day in quotes, "00:00" to "24:00"',
          '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$',
        ),
      },
      'a mapping with days, from and to',
    ),
    intervalSeconds: Type.Optional(Seconds(0)),
  },
  'a mapping with match and window',
);

/**
 * What `rules.yaml` may hold: the one source of its checks and of the list in docs/reference/rules.md.
 * `rules` must be there: an empty file is more likely a lost one than a wish for the built-in rule.
 */
export const RulesFile = closed(
  {
    guards: Type.Optional(GuardsPart),
    /** what may be broken on purpose: nothing without it */
    drill: Type.Optional(
      Type.Array(DrillPart, {
        minItems: 1,
        description: 'a list of what may be broken on purpose, at least one',
      }),
    ),
    rules: Type.Array(RulePart, {
      minItems: 1,
      description:
        'a list with at least one rule (to kick nothing: kicker stop; for the built-in rule: remove the file)',
    }),
  },
  'a mapping with rules, guards where they differ from the default, and drill',
);
export type RulesFile = Static<typeof RulesFile>;
