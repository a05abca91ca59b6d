import type { Event } from '../events/event.ts';
import type { LogItem } from '../monitors/nagios/log-item.ts';
import type { ServiceObject } from '../monitors/nagios/service-objects.ts';
import type { Decision } from '../decide/decision.ts';
import type { RuleSet } from '../decide/rules.ts';
import { createLogState } from './log-state.ts';
import type { LineOrigin, OldFlag, PastState } from './past-state.ts';
import { createRehearsal, type RehearsalHooks } from './rehearsal.ts';
import { createTally, type Tally } from './tally.ts';
import { createTimeline } from './timeline.ts';

export interface ReplayOptions {
  rules: RuleSet;
  /** group → its hosts, where somebody knows */
  groups: ReadonlyMap<string, readonly string[]>;
  /** `HOST;SERVICE` → what its object says, where somebody knows */
  objects: ReadonlyMap<string, ServiceObject>;
  /** how long a run is taken to last; whether it helped, the log says */
  runMs: number;
  /** a name of the log as kicker writes it */
  nameOf: (name: string) => string;
}

/** A monitor's history, led through the engine. */
export interface Replay<Item> {
  /** @returns what was decided about an alert; undefined: it called for nothing */
  take(item: Item, origin: LineOrigin): Answer | undefined;
  /** lets what is under way come to its end */
  finish(): Replayed;
}

interface Answer {
  event: Event;
  decision: Decision;
}

export interface Replayed {
  tally: Tally;
  /** alerts that called no handler */
  uncalled: number;
  oldFlags: OldFlag[];
}

/** After the last line: long enough for every run and window that is under way. */
const afterMs = 24 * 60 * 60 * 1000;

/** A log of Nagios. */
export function createReplay(options: ReplayOptions): Replay<LogItem> {
  return createReplayOf(createLogState(options), options);
}

/** @param state makes events of what the history says */
export function createReplayOf<Item>(
  state: PastState<Item>,
  { rules, runMs }: Pick<ReplayOptions, 'rules' | 'runMs'>,
): Replay<Item> {
  const timeline = createTimeline();
  const tally = createTally();
  let uncalled = 0;
  const hooks: RehearsalHooks = {
    onDecision: (event, _facts, decision, again) =>
      tally.addDecision(event, decision, again),
    onKick: (kick) => tally.addKick(kick),
    onVerdict: (kick, isHealed) => tally.addVerdict(kick, isHealed),
  };
  const rehearsal = createRehearsal({
    rules,
    timeline,
    // The lines of a log come in their order: its own time never goes back.
    now: () => ({
      wallMs: timeline.nowMs(),
      boot: 'log',
      monotonicMs: timeline.nowMs(),
    }),
    hooks,
    isBrief: true,
    send: (kick) => {
      timeline.after(runMs, () =>
        rehearsal.end(kick, {
          kind: 'ended',
          run: kick.id,
          outcome: { kind: 'corrected', corrected: [], failed: [] },
        }),
      );
    },
    refresh: (event, facts) => ({
      event: state.refresh(event, timeline.nowMs()),
      facts,
    }),
  });

  return {
    take: (item, origin) => {
      timeline.runUntil(Math.max(origin.atMs, timeline.nowMs()));
      const heard = state.take(item, origin);
      switch (heard.kind) {
        case 'call': {
          const { event, facts, keys } = heard;
          return { event, decision: rehearsal.take(event, facts, keys) };
        }
        case 'missed': {
          const { event, facts } = heard;
          rehearsal.tell({ kind: 'event', event, facts });
          return undefined;
        }
        case 'no-call':
          uncalled += 1;
          return undefined;
        case 'nothing':
          return undefined;
      }
    },
    finish: () => {
      timeline.runUntil(timeline.nowMs() + afterMs);
      return { tally, uncalled, oldFlags: state.oldFlags() };
    },
  };
}
