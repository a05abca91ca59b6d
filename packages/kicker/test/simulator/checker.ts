import type { Decision } from '../../src/decide/decision.ts';
import type { Facts } from '../../src/events/facts.ts';
import type { RehearsedKick } from '../../src/rehearse/rehearsal.ts';
import type { Rule, RuleSet } from '../../src/decide/rules.ts';
import type { Event } from '../../src/events/event.ts';
import type { Watcher } from './watcher.ts';

export interface Checker extends Watcher {
  violations: string[];
}

interface Episode {
  ids: Map<string, string>;
  kicks: number;
  pages: number;
}

interface Story {
  episode: Episode | undefined;
  kicks: number[];
  open: string | undefined;
  verifyingUntilMs: number | undefined;
  lastEndMs: number | undefined;
  /** runs in a row after which the service was not seen green */
  unhelpful: number;
  hasNewPolicy: boolean;
  stoppedMs: number | undefined;
}

interface Group {
  /** hosts that are unhealthy or in healing, and since when */
  hosts: Map<string, number>;
  lastOverMs: number | undefined;
}

/** Hosts of a group that count; trouble that was last heard of a day ago may have ended untold. */
function freshOf({ hosts }: Group, nowMs: number): number {
  let count = 0;
  for (const sinceMs of hosts.values()) {
    if (nowMs - sinceMs < 24 * 60 * 60 * 1000) count += 1;
  }
  return count;
}

/**
 * Judges a history by the promises alone, by true time and with nothing of the engine: what was told to
 * kicker before each kick, what came of the kicks before it.
 * @param sizes how many hosts each group truly has
 */
export function createChecker(
  { rules, guards }: RuleSet,
  sizes: ReadonlyMap<string, number>,
): Checker {
  const violations: string[] = [];
  const stories = new Map<string, Story>();
  const groups = new Map<string, Group>();
  const bad = new Map<string, Set<string>>();
  const groupsOfHost = new Map<string, readonly string[]>();
  const openOnHost = new Map<string, string>();
  const lastOnHost = new Map<string, number>();
  const hostStates = new Map<string, string>();
  const fleetKicks: number[] = [];
  /** kicks under way, by id, and since when */
  const open = new Map<string, number>();
  /** how long the last runs took */
  const tookMs: number[] = [];
  let isStopped = false;

  const ruleOf = (decision: Decision): Rule | undefined =>
    rules.find(({ name, place }) => `${name} (${place})` === decision.rule);

  function storyOf(key: string): Story {
    let story = stories.get(key);
    if (story === undefined) {
      story = {
        episode: undefined,
        kicks: [],
        open: undefined,
        verifyingUntilMs: undefined,
        lastEndMs: undefined,
        unhelpful: 0,
        hasNewPolicy: false,
        stoppedMs: undefined,
      };
      stories.set(key, story);
    }
    return story;
  }
  function groupOf(name: string): Group {
    let group = groups.get(name);
    if (group === undefined) {
      group = { hosts: new Map(), lastOverMs: undefined };
      groups.set(name, group);
    }
    return group;
  }
  function limitOver(count: number, name: string): boolean {
    const size = sizes.get(name);
    if (size === undefined) return count > guards.share.hostsOfUnknown;
    return (
      count >= guards.share.hosts && count * 100 > size * guards.share.percent
    );
  }
  /** Counts a host in its groups, or no longer. */
  function countHost(host: string, nowMs: number, isHeard: boolean): void {
    const isCounted = (bad.get(host)?.size ?? 0) > 0 || openOnHost.has(host);
    for (const name of groupsOfHost.get(host) ?? ['']) {
      const group = groupOf(name);
      // The instant before this change still was over the limit.
      if (limitOver(freshOf(group, nowMs), name)) group.lastOverMs = nowMs;
      if (!isCounted) group.hosts.delete(host);
      else if (isHeard || !group.hosts.has(host)) {
        group.hosts.set(host, nowMs);
      }
      if (limitOver(freshOf(group, nowMs), name)) group.lastOverMs = nowMs;
    }
  }
  /**
   * Kicks that load the CM server: a host that takes far longer than the others do waits for something else.
   * When exactly a kick counts no more is not promised: surely not before twice the usual time.
   */
  function loading(nowMs: number, rule: Rule): number {
    const sorted = tookMs.slice(-20).toSorted((a, b) => a - b);
    const usualMs = sorted[Math.floor(sorted.length / 2)] ?? 5000;
    const countsMs = Math.min(
      rule.expectSeconds * 1000,
      Math.max(1000, 2 * usualMs),
    );
    let count = 0;
    for (const sinceMs of open.values()) {
      if (nowMs - sinceMs < countsMs) count += 1;
    }
    return count;
  }
  function markBad(host: string, what: string, isBad: boolean): void {
    let marks = bad.get(host);
    if (marks === undefined) {
      marks = new Set();
      bad.set(host, marks);
    }
    if (isBad) marks.add(what);
    else marks.delete(what);
  }

  return {
    violations,
    onEvent: (event: Event, facts: Facts, nowMs: number) => {
      const host = facts.certname ?? event.host;
      if (facts.groups.length > 0) {
        groupsOfHost.set(
          host,
          facts.groups.map(({ name }) => name),
        );
      }
      const isTakenOn = event.inDowntime || event.acknowledgedBy !== undefined;
      let isHeard = false;
      const hostState =
        event.service === undefined ? event.state : event.hostState;
      if (hostState !== undefined) {
        hostStates.set(host, hostState);
        isHeard = hostState !== 'UP' && !isTakenOn;
        markBad(host, '', isHeard);
      }
      if (event.service !== undefined) {
        const isWanted = rules.some((rule) =>
          rule.when.states.includes(event.state),
        );
        markBad(host, event.service, isWanted && !isTakenOn);
        isHeard ||= isWanted && !isTakenOn;
        const story = storyOf(`${host}\t${event.service}`);
        settle(story, nowMs);
        if (event.state === 'OK') {
          story.episode = undefined;
          // Seen green before the window was over: that run helped. Whether kicker stays away longer
          // than this problem is more than is promised here.
          story.verifyingUntilMs = undefined;
          story.unhelpful = 0;
          story.stoppedMs = undefined;
        } else {
          const id = event.problem ?? '';
          const known = story.episode?.ids.get(event.monitor);
          if (
            story.episode === undefined ||
            (known !== undefined && known !== id)
          ) {
            // Another id: it was green in between, though nobody told.
            story.verifyingUntilMs = undefined;
            story.episode = { ids: new Map(), kicks: 0, pages: 0 };
          }
          story.episode.ids.set(event.monitor, id);
        }
      }
      countHost(host, nowMs, isHeard);
    },
    onDecision: (event, facts, decision) => {
      if (decision.reasons.length === 0) violations.push('a mute decision');
      if (decision.escalate?.about === 'problem') {
        const host = facts.certname ?? event.host;
        const { episode } = storyOf(`${host}\t${event.service ?? ''}`);
        if (episode === undefined) return;
        episode.pages += 1;
        if (episode.pages > 1) violations.push(`two pages for ${host}`);
      }
    },
    onKick: (
      kick: RehearsedKick,
      event: Event,
      _facts: Facts,
      nowMs: number,
    ) => {
      const { host, service, decision, id } = kick;
      const story = storyOf(`${host}\t${service}`);
      settle(story, nowMs);
      const rule = ruleOf(decision);
      const broken = (what: string): void => {
        violations.push(
          `${Math.round(nowMs / 1000)} s: ${host} / ${service}: ${what}`,
        );
      };
      if (rule === undefined) return broken('kicked by no rule');
      if (isStopped) broken('kicked while stopped');
      if (event.inDowntime) broken('kicked in downtime');
      if (event.acknowledgedBy !== undefined)
        broken('kicked though acknowledged');
      if ((hostStates.get(host) ?? 'UP') !== 'UP') broken('kicked though down');
      if (!rule.when.states.includes(event.state)) broken('kicked when OK');
      if (story.episode === undefined) broken('kicked without a problem');

      const lastMs = lastOnHost.get(host);
      if (
        lastMs !== undefined &&
        nowMs - lastMs < guards.hostIntervalSeconds * 1000
      ) {
        broken(`host interval: kicked ${nowMs - lastMs} ms ago`);
      }
      if (openOnHost.has(host)) broken('two kicks at once on a host');
      const load = loading(nowMs, rule) + 1;
      if (load > guards.concurrency) broken(`concurrency: ${load}`);
      const windowMs = guards.rate.perSeconds * 1000;
      while ((fleetKicks[0] ?? nowMs) <= nowMs - windowMs) fleetKicks.shift();
      if (fleetKicks.length + 1 > guards.rate.kicks) broken('rate');
      const endedMs = story.lastEndMs;
      if (
        endedMs !== undefined &&
        nowMs - endedMs < rule.coolDownSeconds * 1000
      ) {
        broken(`cool-down: ended ${nowMs - endedMs} ms ago`);
      }
      if (story.verifyingUntilMs !== undefined)
        broken('kicked while verifying');

      const isProbe =
        story.stoppedMs !== undefined &&
        (story.hasNewPolicy ||
          (rule.futility.probeAfterSeconds > 0 &&
            nowMs - story.stoppedMs >= rule.futility.probeAfterSeconds * 1000));
      if (story.stoppedMs !== undefined && !isProbe) {
        broken(`futility: ${story.unhelpful} runs did not help`);
      }
      const episode = story.episode;
      if (episode !== undefined) {
        // For each policy anew: whether kicker had stopped, by relapses as well, is more than is known here.
        const isAnew = isProbe || story.hasNewPolicy;
        episode.kicks = isAnew ? 1 : episode.kicks + 1;
        if (episode.kicks > rule.attempts.perProblem) {
          broken(`attempts: ${episode.kicks} for one problem`);
        }
      }
      if (isProbe) story.stoppedMs = nowMs;
      story.hasNewPolicy = false;
      const sinceMs = nowMs - rule.attempts.periodSeconds * 1000;
      story.kicks = [...story.kicks.filter((atMs) => atMs > sinceMs), nowMs];
      if (story.kicks.length > rule.attempts.perPeriod) {
        broken(`attempts: ${story.kicks.length} in a period`);
      }

      story.open = id;
      openOnHost.set(host, id);
      lastOnHost.set(host, nowMs);
      fleetKicks.push(nowMs);
      open.set(id, nowMs);
      for (const name of groupsOfHost.get(host) ?? ['']) {
        const group = groupOf(name);
        const fresh = freshOf(group, nowMs);
        if (limitOver(fresh, name)) {
          broken(`share: ${fresh} of ${sizes.get(name)} hosts of ${name}`);
        }
        const overMs = group.lastOverMs;
        if (
          overMs !== undefined &&
          nowMs - overMs < guards.storm.exitDelaySeconds * 1000
        ) {
          broken(`storm: ${name} was over the limit ${nowMs - overMs} ms ago`);
        }
      }
      countHost(host, nowMs, true);
    },
    onNotReached: ({ id }) => {
      open.delete(id);
    },
    onEnd: (kick, didRun, nowMs) => {
      const { host, service, id, decision } = kick;
      const story = storyOf(`${host}\t${service}`);
      if (openOnHost.get(host) === id) openOnHost.delete(host);
      if (didRun) tookMs.push(nowMs - (open.get(id) ?? nowMs));
      open.delete(id);
      story.open = undefined;
      story.lastEndMs = nowMs;
      const rule = ruleOf(decision);
      if (didRun && decision.mode === 'automatic' && story.episode) {
        story.verifyingUntilMs = nowMs + (rule?.verifySeconds ?? 0) * 1000;
      }
      countHost(host, nowMs, false);
    },
    onVerdict: ({ host, service, decision }, isHealed, nowMs) => {
      const story = storyOf(`${host}\t${service}`);
      if (story.verifyingUntilMs === undefined) return;
      story.verifyingUntilMs = undefined;
      if (isHealed) return;
      judgeUnhelpful(story, ruleOf(decision), nowMs);
    },
    onPolicy: (host) => {
      for (const [key, story] of stories) {
        if (key.startsWith(`${host}\t`)) story.hasNewPolicy = true;
      }
    },
    onStop: (isNow) => {
      isStopped = isNow;
    },
    onReset: (name) => {
      groupOf(name).lastOverMs = undefined;
    },
  };

  /** A window that passed in silence is no help. */
  function settle(story: Story, nowMs: number): void {
    if (
      story.verifyingUntilMs === undefined ||
      nowMs < story.verifyingUntilMs ||
      story.episode === undefined
    ) {
      return;
    }
    story.verifyingUntilMs = undefined;
    judgeUnhelpful(story, rules[0], nowMs);
  }

  function judgeUnhelpful(
    story: Story,
    rule: Rule | undefined,
    nowMs: number,
  ): void {
    story.unhelpful += 1;
    if (rule !== undefined && story.unhelpful >= rule.futility.runs) {
      story.stoppedMs = nowMs;
      story.hasNewPolicy = false;
    }
  }
}
