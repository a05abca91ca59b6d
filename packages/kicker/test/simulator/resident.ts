import type { Decision } from '../../src/decide/decision.ts';
import type { Facts } from '../../src/decide/facts.ts';
import { judge } from '../../src/decide/judge.ts';
import { hostKey, serviceKey } from '../../src/decide/keys.ts';
import { learn } from '../../src/decide/learn.ts';
import { createMapMemory } from './map-memory.ts';
import type { News } from '../../src/decide/news.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import type { OutcomeRecord } from '../../src/ledger/entry.ts';
import type { Event } from '../../src/monitors/event.ts';
import type { Clocks } from './clocks.ts';
import type { Queue } from './queue.ts';
import type { SentKick, Watcher } from './watcher.ts';

/** A kicker that lives in simulated time: the engine, and what a resident kicker does around it. */
export interface Resident {
  take(event: Event, facts: Facts): Decision;
  /** how a kick ended; the service is looked at again when that is known */
  end(kick: SentKick, outcome: OutcomeRecord): void;
  tell(news: News): void;
  /** killed and started again: all it has is its memory and the list of who waits */
  restart(): void;
  stop(): void;
  resume(): void;
}

export interface ResidentOptions {
  rules: RuleSet;
  queue: Queue;
  clocks: Clocks;
  watcher: Watcher;
  send(kick: SentKick): void;
  recheck(host: string, service: string): void;
  page(about: string, subject: string, reason: string): void;
  /** what the monitor knows now of an event's service, for a second look */
  refresh(event: Event, facts: Facts): { event: Event; facts: Facts };
}

interface Waiting {
  event: Event;
  facts: Facts;
  cancel: () => void;
}

export function createResident(options: ResidentOptions): Resident {
  const { rules, queue, clocks, watcher } = options;
  const memory = createMapMemory();
  const waiting = new Map<string, Waiting>();
  /** the last event of each problem that lasts */
  const last = new Map<string, { event: Event; facts: Facts }>();
  const verdicts = new Map<string, () => void>();
  let kicks = 0;

  const keyOf = (event: Event, facts: Facts): string =>
    serviceKey(hostKey(event, facts), event.service ?? '');

  function decideOn(event: Event, facts: Facts, again: boolean): Decision {
    const { decision, kick, changes } = judge(
      event,
      { rules, memory, facts, now: clocks.moment(), again },
      () => `kick-${(kicks += 1)}`,
    );
    memory.write(changes);
    const key = keyOf(event, facts);
    watcher.onDecision(event, facts, decision, queue.nowMs());
    if (decision.escalate !== undefined) {
      const { about, reason } = decision.escalate;
      options.page(about, key, reason);
    }
    const isJoined = decision.kind === 'skip' && decision.code === 'joined';
    if (!isJoined) {
      waiting.get(key)?.cancel();
      waiting.delete(key);
    }
    if (decision.kind === 'wait') wait(event, facts, decision.againAfterMs);
    if (decision.kind === 'kick' && kick !== undefined) {
      const sent: SentKick = {
        id: kick,
        host: hostKey(event, facts),
        service: event.service ?? '',
        decision,
      };
      watcher.onKick(sent, event, facts, queue.nowMs());
      options.send(sent);
    }
    return decision;
  }

  function wait(event: Event, facts: Facts, ms: number): void {
    const key = keyOf(event, facts);
    const cancel = queue.after(ms, () => lookAgain(key));
    waiting.set(key, { event, facts, cancel });
  }

  function lookAgain(key: string): void {
    const known = last.get(key);
    waiting.delete(key);
    if (known === undefined) return;
    const { event, facts } = options.refresh(known.event, known.facts);
    decideOn(event, facts, true);
  }

  function tell(news: News): void {
    memory.write(learn(news, { rules, memory, now: clocks.moment() }));
  }

  function judgeRun(kick: SentKick, verdict: 'healed' | 'unknown'): void {
    verdicts.get(kick.id)?.();
    verdicts.delete(kick.id);
    watcher.onVerdict(kick, verdict === 'healed', queue.nowMs());
    const { id, host, service } = kick;
    tell({ kind: 'verdict', kick: id, certname: host, service, verdict });
    const key = serviceKey(host, service);
    if (last.has(key)) queue.after(0, () => lookAgain(key));
  }

  return {
    take: (event, facts) => {
      watcher.onEvent(event, facts, queue.nowMs());
      const key = keyOf(event, facts);
      if (event.state === 'OK' || event.state === 'UP') last.delete(key);
      else if (event.service !== undefined) last.set(key, { event, facts });
      return decideOn(event, facts, false);
    },
    end: (kick, outcome) => {
      const key = serviceKey(kick.host, kick.service);
      const didRun =
        outcome.kind === 'not-known' ||
        (outcome.kind === 'ended' &&
          outcome.outcome.kind !== 'refused' &&
          outcome.outcome.kind !== 'not-started');
      watcher.onEnd(kick, didRun, queue.nowMs());
      tell({ kind: 'outcome', kick: kick.id, outcome });
      options.recheck(kick.host, kick.service);
      const verifying = memory.read('service', key)?.verifying;
      if (verifying?.kick !== kick.id) {
        if (last.has(key)) queue.after(0, () => lookAgain(key));
        return;
      }
      const rule = rules.rules.find(
        ({ name, place }) => `${name} (${place})` === kick.decision.rule,
      );
      const cancel = queue.after((rule?.verifySeconds ?? 0) * 1000, () =>
        judgeRun(kick, last.has(key) ? 'unknown' : 'healed'),
      );
      verdicts.set(kick.id, cancel);
    },
    tell,
    restart: () => {
      tell({ kind: 'tick' });
      for (const [key, { event, facts, cancel }] of waiting) {
        cancel();
        const again = queue.after(1000, () => lookAgain(key));
        waiting.set(key, { event, facts, cancel: again });
      }
    },
    stop: () => {
      watcher.onStop(true, queue.nowMs());
      tell({ kind: 'stopped', by: 'ada', reason: 'maintenance' });
    },
    resume: () => {
      watcher.onStop(false, queue.nowMs());
      tell({ kind: 'resumed' });
      for (const key of waiting.keys()) queue.after(0, () => lookAgain(key));
    },
  };
}
