import type { FaultFacts } from '@kickd/protocol';
import { parseSettings } from '@kickd/settings';
import { defaultRule, defaultRuleSet } from '../decide/default-rules.ts';
import { fitsName } from '../decide/match.ts';
import type {
  DrillRule,
  Guards,
  Match,
  Rule,
  RuleSet,
} from '../decide/rules.ts';
import type { Window } from '../decide/window.ts';
import { errors } from '../errors.ts';
import { shownName } from '../events/name-bytes.ts';
import { RulesFile } from './rules-schema.ts';
import { settingsWords } from '../settings-words.ts';

export type ParsedRules =
  { kind: 'rules'; rules: RuleSet } | { kind: 'faults'; faults: FaultFacts[] };

/** Reads the text of rules.yaml: every mistake at once, each with file, line and column. */
export function parseRules(text: string, file: string): ParsedRules {
  const parsed = parseSettings(text, file, RulesFile, settingsWords);
  if (parsed.kind === 'faults') return parsed;
  const { settings, whereOf } = parsed;
  const guards = fillGuards(settings.guards ?? {});
  const rules = settings.rules.map((given, index) =>
    fillRule(given, lineOf(whereOf(['rules', String(index)]))),
  );
  const drills = (settings.drill ?? []).map((given, index) =>
    fillDrill(given, lineOf(whereOf(['drill', String(index)]))),
  );
  const faults = [
    ...drills.flatMap(({ window }, index) =>
      checkWindow(window, whereOf(['drill', String(index), 'window'])),
    ),
    ...checkGuards(guards, whereOf(['guards', 'flapping'])),
    ...rules.flatMap((rule, index) =>
      checkAgainst(
        rule,
        rules.slice(0, index),
        whereOf(['rules', String(index)]),
      ),
    ),
  ];
  return faults.length > 0
    ? { kind: 'faults', faults }
    : {
        kind: 'rules',
        rules: {
          source: file,
          rules,
          guards,
          ...(drills.length === 0 ? {} : { drills }),
        },
      };
}

/** Between the beginnings of two drills of one service, where the rules say nothing else. */
const drillIntervalSeconds = 24 * 60 * 60;

function fillRule(given: RulesFile['rules'][number], place: string): Rule {
  const base = defaultRule;
  const { match, when, what, attempts, futility, tell, ...flat } = given;
  return {
    ...base,
    ...flat,
    place,
    match: fillMatch(match),
    when: { ...base.when, ...when },
    what: { ...base.what, ...what },
    attempts: { ...base.attempts, ...attempts },
    futility: { ...base.futility, ...futility },
    tell: { ...base.tell, ...tell },
  };
}

function fillDrill(
  {
    match,
    window,
    intervalSeconds = drillIntervalSeconds,
  }: NonNullable<RulesFile['drill']>[number],
  place: string,
): DrillRule {
  return { place, match: fillMatch(match), window, intervalSeconds };
}

/** A window without an end is more likely a slip than a wish for the whole day. */
function checkWindow({ from, to }: Window, where: string): FaultFacts[] {
  if (from !== to) return [];
  return [
    errors.rulesContradict(
      where,
      `window.from and window.to are both ${from}; for the whole day write from: "00:00", to: "24:00"`,
    ),
  ];
}

/** One name is a list of one. */
function fillMatch({
  labels,
  ...given
}: RulesFile['rules'][number]['match']): Match {
  const parts = Object.entries(given).map(([part, names]) => [
    part,
    listOf(names),
  ]);
  return {
    ...(Object.fromEntries(parts) as Omit<Match, 'labels'>),
    ...(labels === undefined
      ? {}
      : {
          labels: Object.fromEntries(
            Object.entries(labels).map(([label, names]) => [
              label,
              listOf(names),
            ]),
          ),
        }),
  };
}

/** As they are shown: a name may be copied from `kicker history --json`, where each byte of it is kept. */
function listOf(names: string | string[]): string[] {
  return (typeof names === 'string' ? [names] : names).map(shownName);
}

function fillGuards(given: NonNullable<RulesFile['guards']>): Guards {
  const base = defaultRuleSet.guards;
  const { share, storm, rate, flapping, breaker, ...flat } = given;
  return {
    ...base,
    ...flat,
    share: { ...base.share, ...share },
    storm: { ...base.storm, ...storm },
    rate: { ...base.rate, ...rate },
    flapping: { ...base.flapping, ...flapping },
    breaker: { ...base.breaker, ...breaker },
  };
}

function checkGuards({ flapping }: Guards, where: string): FaultFacts[] {
  if (flapping.low < flapping.high) return [];
  return [
    errors.rulesContradict(
      where,
      `flapping.low is ${flapping.low} and flapping.high is ${flapping.high}; low must be below high`,
    ),
  ];
}

function checkAgainst(
  rule: Rule,
  before: readonly Rule[],
  where: string,
): FaultFacts[] {
  const namesake = before.find(({ name }) => name === rule.name);
  if (namesake !== undefined) {
    return [errors.ruleNameTwice(where, rule.name, namesake.place)];
  }
  const wider = before.find(({ match }) => covers(match, rule.match));
  if (wider === undefined) return [];
  return [
    errors.ruleNeverReached(where, rule.name, `${wider.name} (${wider.place})`),
  ];
}

/** Whether `wide` surely matches all that `narrow` does. Two overlapping wildcards may go unnoticed. */
function covers(wide: Match, narrow: Match): boolean {
  const parts = ['monitor', 'host', 'hostGroup', 'service'] as const;
  return (
    parts.every((part) => coversNames(wide[part], narrow[part])) &&
    Object.entries(wide.labels ?? {}).every(([label, names]) =>
      coversNames(names, narrow.labels?.[label]),
    )
  );
}

function coversNames(
  wide: readonly string[] | undefined,
  narrow: readonly string[] | undefined,
): boolean {
  if (wide === undefined) return true;
  // An event always has a monitor and a host; not always a group or a label.
  if (narrow === undefined) return false;
  return narrow.every((name) =>
    wide.some(
      (pattern) =>
        pattern === '*' ||
        pattern === name ||
        (!/[*?]/.test(name) && fitsName(pattern, name)),
    ),
  );
}

/** `FILE:LINE`: where in the line a rule begins says nothing. */
function lineOf(where: string): string {
  return where.slice(0, where.lastIndexOf(':'));
}
