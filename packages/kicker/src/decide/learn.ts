import type { Memory, MemoryChange, WritableMemory } from './memory.ts';
import { learnByHand } from './learn-by-hand.ts';
import { learnDecision } from './learn-decision.ts';
import { learnEvent, learnFacts } from './learn-event.ts';
import {
  learnAccepted,
  learnNotReached,
  learnOutcome,
  learnPolicy,
  learnVerdict,
} from './learn-run.ts';
import type { Moment } from '../events/moment.ts';
import type { News } from './news.ts';
import { createOverlay } from './overlay.ts';
import { pageKey } from './page.ts';
import { updateGroups, type Recall } from './recall.ts';
import type { RuleSet } from './rules.ts';
import { fleetAt } from './steady.ts';

export interface Learning {
  rules: RuleSet;
  memory: Memory;
  now: Moment;
}

/**
 * Folds one piece of news into the memory. Pure; news that comes twice, or about a kick that is not known,
 * changes nothing but the clock.
 * @returns the records to write, in the transaction that writes the ledger's entries
 */
export function learn(
  news: News,
  { rules, memory, now }: Learning,
): MemoryChange[] {
  const overlay = createOverlay(memory);
  learnInto(overlay, news, rules, now);
  return overlay.changes();
}

/** The same, written at once: for news that follow one another in one transaction. */
export function learnInto(
  memory: WritableMemory,
  news: News,
  rules: RuleSet,
  now: Moment,
): void {
  const fleet = fleetAt(memory, now);
  memory.write('fleet', '', fleet);
  const recall: Recall = { rules, memory, atMs: fleet.steadyMs };
  switch (news.kind) {
    case 'event':
      learnEvent(news, recall);
      break;
    case 'facts':
      learnFacts(news, recall);
      break;
    case 'decided':
      learnDecision(news, recall);
      break;
    case 'not-reached':
      learnNotReached(news, recall);
      break;
    case 'accepted':
      learnAccepted(news, recall);
      break;
    case 'outcome':
      learnOutcome(news, recall);
      break;
    case 'verdict':
      learnVerdict(news, recall);
      break;
    case 'policy':
      learnPolicy(news, recall);
      break;
    case 'by-hand':
      learnByHand(news, recall);
      break;
    case 'stopped': {
      const { by, reason } = news;
      const at = new Date(now.wallMs).toISOString();
      memory.write('fleet', '', { ...fleet, stopped: { by, reason, at } });
      break;
    }
    case 'tick':
      break;
    case 'resumed': {
      const { stopped: _stopped, ...rest } = fleet;
      memory.write('fleet', '', rest);
      break;
    }
    case 'group-looked-at':
      updateGroups({ groups: [{ name: news.group }] }, undefined, recall);
      break;
    case 'events-page': {
      const about = { kind: 'events' } as const;
      // no monitor's and no host's: it shows on no passive service
      const value = { monitor: '', host: '', about };
      memory.write('page', pageKey(about, ''), value);
      break;
    }
    case 'page-ended':
      memory.write('page', news.page, undefined);
      break;
    case 'storm-reset': {
      const group = memory.read('group', news.group);
      if (group === undefined) break;
      const { storm: _storm, ...rest } = group;
      memory.write('group', news.group, rest);
      break;
    }
  }
}
