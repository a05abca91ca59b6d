import type { Event } from '../events/event.ts';
import { judgeAttempts, judgePatience, judgePeriod } from './attempts.ts';
import { judgeServer } from './breaker.ts';
import type { Decision, Escalate } from './decision.ts';
import {
  judgeAcknowledged,
  judgeAge,
  judgeDowntime,
  judgeEnded,
  judgeHost,
  judgeTarget,
} from './event-facts.ts';
import type { Finding } from './finding.ts';
import { judgeFlapping } from './flapping.ts';
import { judgeFutility } from './futility.ts';
import { judgeConcurrency, judgeRate } from './pace.ts';
import type { Rule } from './rules.ts';
import {
  readSituation,
  ruleOf,
  type Situation,
  type World,
} from './situation.ts';
import { spreadMs } from './spread.ts';
import { judgeMonitor, judgeStop } from './stop.ts';
import { judgeStorm } from './storm.ts';
import {
  judgeCoolDown,
  judgeHostBusy,
  judgeHostInterval,
  judgeJoin,
  judgeVerifying,
} from './under-way.ts';
import { judgeAttempt, judgeState } from './when.ts';

/** What needs no rule. */
const first: readonly ((situation: Situation) => Finding)[] = [
  judgeHost,
  judgeTarget,
  judgeEnded,
  judgeDowntime,
];

/** Every guard, in the order in which a reason is the first. */
const guards: readonly ((situation: Situation, rule: Rule) => Finding)[] = [
  judgeAcknowledged,
  judgeAge,
  judgeState,
  judgeAttempt,
  judgeJoin,
  judgeFutility,
  judgeAttempts,
  judgePeriod,
  judgePatience,
  judgeStop,
  judgeMonitor,
  judgeStorm,
  judgeFlapping,
  judgeServer,
  judgeVerifying,
  judgeCoolDown,
  judgeHostBusy,
  judgeHostInterval,
  judgeConcurrency,
  judgeRate,
];

/**
 * Whether this event calls for a repair run. Pure; never throws. `learn` has taken in the event before.
 *
 * All that forbids is looked at, so that the reasons name each of it. What forbids for good goes before
 * what only delays; the code is that of the first, the delay the longest. What came with the event and could not be
 * used stands last.
 */
export function decide(event: Event, world: World): Decision {
  const decision = decideOn(event, world);
  const { remarks = [] } = world.facts;
  // Stryker disable next-line ConditionalExpression: a shortcut
  return remarks.length === 0
    ? decision
    : { ...decision, reasons: [...decision.reasons, ...remarks] };
}

function decideOn(event: Event, world: World): Decision {
  if (event.state === 'OK' || event.state === 'UP') {
    return {
      kind: 'skip',
      code: 'not-a-problem',
      reasons: [`the state is ${event.state}: nothing to repair`],
    };
  }
  const situation = readSituation(event, world);
  const rule = ruleOf(situation);
  const decision = conclude(
    findingsOf(situation, rule, world.isBrief === true),
    situation,
    rule,
  );
  return rule?.mode === 'observe' ? observed(decision) : decision;
}

/** @param isBrief nobody reads reasons: notes are left out, and the first that forbids for good is enough */
function findingsOf(
  situation: Situation,
  rule: Rule | undefined,
  isBrief: boolean,
): Found[] {
  // Stryker disable next-line ArrayDeclaration: a text is no finding
  const findings: Found[] = [];
  /** @returns whether that is enough */
  const take = (found: Finding): boolean => {
    if (found === undefined || (isBrief && found.kind === 'note')) return false;
    findings.push(found);
    return isBrief && found.kind === 'skip';
  };
  for (const judge of first) {
    // Stryker disable next-line MethodExpression: nothing that only delays comes before
    if (take(judge(situation))) return findings.slice(-1);
  }
  if (rule === undefined) {
    findings.push({
      kind: 'skip',
      code: 'no-rule',
      reason: `no rule of ${situation.rules.source} matches`,
    });
    return findings;
  }
  for (const judge of guards) {
    if (take(judge(situation, rule))) return findings.slice(-1);
  }
  return findings;
}

type Found = Exclude<Finding, undefined>;

function conclude(
  findings: readonly Found[],
  situation: Situation,
  rule: Rule | undefined,
): Decision {
  const named =
    rule === undefined ? {} : { rule: `${rule.name} (${rule.place})` };
  const skip = findings.find((finding) => finding.kind === 'skip');
  if (skip !== undefined) {
    const { code, kick, escalate } = skip;
    const reasons =
      // Stryker disable next-line ConditionalExpression: a shortcut
      findings.length === 1
        ? [skip.reason]
        : reasonsOf(findings, 'skip', 'wait');
    // Stryker disable next-line ConditionalExpression,BlockStatement: a shortcut
    if (kick === undefined && escalate === undefined) {
      return { kind: 'skip', code, ...named, reasons };
    }
    return {
      kind: 'skip',
      code,
      ...named,
      reasons,
      ...(kick === undefined ? {} : { kick }),
      ...untold(escalate, situation),
    };
  }
  const waits = findings.filter((finding) => finding.kind === 'wait');
  const wait = waits[0];
  if (wait !== undefined) {
    const longestMs = Math.max(
      ...waits.map(({ againAfterMs }) => againAfterMs),
    );
    const escalate = waits.find((finding) => finding.escalate)?.escalate;
    return {
      kind: 'wait',
      code: wait.code,
      ...named,
      reasons: reasonsOf(findings, 'wait'),
      againAfterMs: spreadMs(longestMs, situation.serviceKey),
      ...untold(escalate, situation),
    };
  }
  // Without a rule there is always a skip, `no-rule`.
  // Stryker disable next-line ObjectLiteral: it is never asked for
  const { what, mode = 'automatic' } = rule ?? { what: {} };
  return {
    kind: 'kick',
    mode: mode === 'noop' ? 'noop' : 'automatic',
    ...named,
    request: { ...what, ...(mode === 'noop' ? { noop: true } : {}) },
    reasons: reasonsOf(findings, 'note'),
  };
}

/** Those of one kind before those of the next. */
function reasonsOf(
  findings: readonly Found[],
  ...kinds: readonly Found['kind'][]
): string[] {
  const reasons: string[] = [];
  for (const kind of kinds) {
    for (const found of findings) {
      if (found.kind === kind) reasons.push(found.reason);
    }
  }
  return reasons;
}

/** A person is told of a problem once; whether of a storm or a server, its own guard knows. */
function untold(
  escalate: Escalate | undefined,
  { service }: Situation,
): { escalate?: Escalate } {
  if (escalate === undefined) return {};
  const isTold = escalate.about === 'problem' && service.problem?.isTold;
  return isTold === true ? {} : { escalate };
}

/** `observe`: what would be a kick is written down and not done; nobody is called. */
function observed(decision: Decision): Decision {
  const { escalate: _escalate, ...would } = decision;
  if (would.kind !== 'kick') return would;
  return {
    kind: 'skip',
    code: 'observed',
    // Stryker disable next-line ConditionalExpression: that a rule observes, a rule says
    ...(would.rule === undefined ? {} : { rule: would.rule }),
    reasons: ['the rule only observes; it would be kicked:', ...would.reasons],
    would,
  };
}
