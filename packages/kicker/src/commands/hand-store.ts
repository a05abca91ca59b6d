import { Fault, type Run } from '@kickd/protocol';
import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { Target } from '../fleet/target.ts';
import type { KickStore } from '../kicks/drive-kick.ts';
import { stepKick, type KickNews } from '../kicks/life.ts';
import type { Entry, Progress } from '../ledger/entry.ts';
import { replyRecordOf } from '../ledger/reply-record.ts';
import type { AgentReply, Ledger } from '../ports.ts';
import type { Shell } from './command.ts';
import { resultOfReply, type KickResult } from './kick-result.ts';

/** The stage of a kick by hand: it lives as long as the command that waits for it. */
interface HandStore extends KickStore {
  /** the run, as soon as the host has accepted the kick; undefined: it never did */
  accepted: Promise<Run | undefined>;
  /** Aborts with `signal`, and when the host has accepted the kick. */
  untilAccepted(signal: AbortSignal): AbortSignal;
  /** it is driven no longer */
  end(): void;
  /** @param isWaiting whether the end of the run was waited for */
  result(target: Target, isWaiting: boolean): KickResult;
}

/**
 * By the same table as a kick of an event; of what follows from it only the outcome counts, since no monitor and no
 * rule has asked for it. What comes back is written to the ledger; the kick is sent by then, so a ledger that cannot be
 * written is reported, and nothing else stops.
 */
export function createHandStore(
  keys: { kick: string },
  ledger: Ledger,
  shell: Pick<Shell, 'warn'>,
): HandStore {
  let progress: Progress | undefined = { stage: 'sending' };
  let outcome: OutcomeRecord | undefined;
  let run: Run | undefined;
  let refused: Exclude<AgentReply<Run>, { kind: 'accepted' }> | undefined;
  let accept: (run: Run | undefined) => void = () => {};
  const accepted = new Promise<Run | undefined>((resolve) => {
    accept = resolve;
  });
  const whenAccepted = new AbortController();

  function keep(entry: Entry): void {
    try {
      ledger.append([{ entry, keys }]);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      shell.warn(
        `kicker: LEDGER_INCOMPLETE: sent, but the ledger lacks what came of it (${error.code})`,
      );
    }
  }

  function tell(news: KickNews): void {
    if (progress === undefined) return;
    const step = stepKick(progress, news);
    if (step === undefined) return;
    const { next } = step;
    if (next.stage === 'sending' || next.stage === 'following') {
      progress = next;
      return;
    }
    progress = undefined;
    if (next.stage !== 'finished') return;
    outcome = next.outcome;
    // Only a run has an outcome of its own; the rest is in the replies.
    if (outcome.kind === 'ended') keep({ kind: 'outcome', body: outcome });
  }

  return {
    accepted,
    read: () => progress,
    tell: (news) => {
      if (news.kind === 'ended' && run !== undefined) {
        const { durationMs } = news.outcome;
        run = {
          ...run,
          state: 'ended',
          outcome: news.outcome.outcome,
          ...(durationMs === undefined ? {} : { durationMs }),
        };
      }
      tell(news);
    },
    reply: (reply, news) => {
      if (reply.kind === 'accepted') run = reply.body;
      // Once its fate is unknown, "could not connect" does not mean that the first did not arrive.
      else if (reply.kind === 'problem' || refused?.kind !== 'unknown')
        refused = reply;
      keep({ kind: 'reply', body: replyRecordOf(reply) });
      tell(news);
      if (run === undefined) return;
      accept(run);
      whenAccepted.abort();
    },
    untilAccepted: (signal) => AbortSignal.any([signal, whenAccepted.signal]),
    end: () => accept(run),
    result: (target, isWaiting) => {
      const look = `look again: kicker ping ${target.name}`;
      if (run?.outcome !== undefined) {
        return { kind: 'ended', run, outcome: run.outcome };
      }
      if (run !== undefined) {
        if (!isWaiting) return { kind: 'accepted', run };
        const why =
          outcome === undefined || outcome.kind === 'ended'
            ? waitOver
            : outcome;
        return notKnown(run, why, look);
      }
      if (refused !== undefined) return resultOfReply(refused);
      return {
        kind: 'not-sent',
        code: 'EXPIRED',
        message: 'the time was over before it was sent',
        remedy: look,
      };
    },
  };
}

const waitOver = {
  code: 'WAIT_OVER',
  message: 'the run has not ended within the time',
};

function notKnown(
  run: Run,
  { code, message }: { code: string; message: string },
  remedy: string,
): KickResult {
  return { kind: 'not-known', run, code, message, remedy };
}
