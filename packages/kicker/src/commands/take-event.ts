import { createUuid7, type Kick } from '@kickd/protocol';
import type { Decision } from '../decide/decision.ts';
import { joinOpenKick } from '../decide/join.ts';
import { judge } from '../decide/judge.ts';
import type { RuleSet } from '../decide/rules.ts';
import type { Target } from '../fleet/target.ts';
import type { OpenRecord, OutcomeRecord } from '../ledger/entry.ts';
import { problemKey, type Event } from '../monitors/event.ts';
import type { Ledger } from '../ports.ts';

type Refusal = Exclude<Decision, { kind: 'kick' }>;

/** What the event came to, and who has to send. */
export type Taken =
  | { kind: 'skip'; decision: Refusal }
  /** the ledger holds the kick, and this process owns it; now it may be sent */
  | { kind: 'send'; decision: Decision; open: OpenRecord };

/**
 * Decides about an event and writes event, decision and kick into the ledger, before anything is sent.
 * @param own what names this process, to own the kick
 * @param random 10 random bytes
 * @throws {Fault} LEDGER_UNWRITABLE: then nothing may be sent
 */
export function takeEvent(
  event: Event,
  {
    rules,
    target,
    forSeconds,
    now,
    own,
    random,
    ledger,
    isAlive,
  }: {
    rules: RuleSet;
    target: Target;
    forSeconds: number;
    now: Date;
    own: string;
    random: Uint8Array;
    ledger: Ledger;
    isAlive: (owner: string) => boolean;
  },
): Taken {
  const problem = problemKey(event);
  const moment = { wallMs: now.getTime(), boot: '', monotonicMs: 0 };
  const { decision } = judge(
    event,
    {
      rules,
      // Nothing is remembered yet but the open kicks.
      memory: { read: () => undefined },
      facts: { certname: target.certname, groups: [] },
      now: moment,
    },
    () => '',
  );
  const eventEntry = { entry: { kind: 'event', body: event } as const };
  if (decision.kind !== 'kick') {
    const keys = { problem };
    ledger.append([
      { ...eventEntry, keys },
      { entry: { kind: 'decision', body: decision }, keys },
    ]);
    return { kind: 'skip', decision };
  }
  const joined = (kick: string, body: Refusal): Taken => {
    const keys = { problem, kick };
    ledger.append([
      { ...eventEntry, keys },
      { entry: { kind: 'decision', body }, keys },
    ]);
    return { kind: 'skip', decision: body };
  };

  // Each round ends but where another process was faster; then the next round sees what it did.
  for (;;) {
    const found = ledger.findOpen({ problem });
    if (found !== undefined && Date.parse(found.expires) <= now.getTime()) {
      if (!isAlive(found.owner)) {
        ledger.settle(found.kick, problem, abandoned);
        continue;
      }
    }
    const way = joinOpenKick(
      found && { ...found, isFollowed: isAlive(found.owner) },
    );
    if (way.kind === 'join') return joined(way.kick, way.decision);
    if (way.kind === 'take-over' && found !== undefined) {
      if (!ledger.claim(found.kick, found.owner, own)) continue;
      const told: Decision = {
        ...decision,
        reasons: [...decision.reasons, way.reason],
      };
      const keys = { problem, kick: found.kick };
      ledger.append([
        { ...eventEntry, keys },
        { entry: { kind: 'decision', body: told }, keys },
      ]);
      return { kind: 'send', decision: told, open: { ...found, owner: own } };
    }
    const request = createRequest(event, target, now, forSeconds, random);
    const keys = { problem, kick: request.kick };
    const open: OpenRecord = {
      kick: request.kick,
      problem,
      expires: request.expires,
      owner: own,
      target,
      request,
      event,
    };
    const faster = ledger.open(open, [
      { ...eventEntry, keys },
      { entry: { kind: 'decision', body: decision }, keys },
      { entry: { kind: 'kick', body: { target, request } }, keys },
    ]);
    if (faster === undefined) return { kind: 'send', decision, open };
  }
}

function createRequest(
  event: Event,
  target: Target,
  now: Date,
  forSeconds: number,
  random: Uint8Array,
): Kick & { expires: string } {
  return {
    kick: createUuid7(now.getTime(), random),
    certname: target.certname,
    expires: new Date(now.getTime() + forSeconds * 1000).toISOString(),
    because: {
      monitor: event.monitor,
      host: event.host,
      ...(event.service === undefined ? {} : { service: event.service }),
      state: `${event.state} ${event.stateType}`,
      ...(event.problem === undefined ? {} : { problem: event.problem }),
      ...(event.since === undefined ? {} : { since: event.since }),
    },
  };
}

/** The outcome of a kick that nobody looked after when it expired. */
export const abandoned: OutcomeRecord = {
  kind: 'not-known',
  code: 'ABANDONED',
  message: 'its process was gone, and it had expired',
};

/** Whether a refusal may pass by itself, so that the same kick is worth sending again. */
export function isPassing(reply: { status: number }): boolean {
  return reply.status === 429 || reply.status >= 500;
}
