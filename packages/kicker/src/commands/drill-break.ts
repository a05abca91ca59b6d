import type { Kick } from '@kickd/protocol';
import { driveKick } from '../kicks/drive-kick.ts';
import type { AgentClient } from '../ports.ts';
import type { Parts } from './drill-parts.ts';
import { createHandStore } from './hand-store.ts';
import type { KickResult } from './kick-result.ts';
import type { Trouble } from './views/kick.ts';

/** A kick that breaks is worth nothing later: nobody would watch. */
export const sendForMs = 60 * 1000;
/** How often a drill with an unknown fate is sent again: its id makes that safe. */
const repeatsMost = 3;

/** What became of the kick that breaks. */
type Breaking =
  | { mayBeBroken: false; result: KickResult; trouble: Trouble }
  /** @param at when the host accepted it, ISO 8601; @param trouble nobody knows whether it is broken */
  | { mayBeBroken: true; at: string; run?: string; trouble?: Trouble };

/** Sends the kick that breaks, and waits for its run to end. */
export async function breakIt(
  { ledger, target, shell, options }: Parts,
  client: AgentClient,
  kick: Kick,
): Promise<Breaking> {
  const waits = AbortSignal.any([
    shell.signal,
    AbortSignal.timeout(sendForMs + options.timeoutMs),
  ]);
  const startedAt = shell.clock.now().toISOString();
  const store = createHandStore({ kick: kick.kick }, ledger, shell);
  await driveKick(
    {
      target,
      request: kick,
      decided: shell.clock.moment(),
      lifeMs: sendForMs,
    },
    store,
    {
      transport: client,
      timing: shell,
      limiter: (work) => work(),
      followMs: options.timeoutMs,
      isStopped: () => ledger.read('fleet', '')?.stopped !== undefined,
      mayRetry: (misses, mayHaveArrived) =>
        mayHaveArrived && misses <= repeatsMost,
    },
    waits,
  );
  store.end();
  const result = store.result(target, true);
  const accepted = ledger
    .entriesOf({ kick: kick.kick })
    .find(
      ({ entry }) => entry.kind === 'reply' && entry.body.kind === 'accepted',
    );
  const at = accepted?.at ?? startedAt;
  if (result.kind === 'refused' || result.kind === 'not-sent') {
    return { mayBeBroken: false, result, trouble: result };
  }
  if (result.kind !== 'ended') {
    const { run } = result;
    const trouble =
      result.kind === 'not-known'
        ? result
        : {
            code: 'WAIT_OVER',
            message: 'the breakage has not ended',
            remedy: `kicker runs ${target.name}`,
          };
    return {
      mayBeBroken: true,
      at,
      ...(run === undefined ? {} : { run: run.run }),
      trouble,
    };
  }
  const { outcome, run } = result;
  const { kind, code = kind, reason = '' } = outcome;
  const trouble = {
    code,
    message: `${kind}${reason === '' ? '' : `: ${reason}`}`,
    remedy: `kicker runs ${target.name}`,
  };
  switch (kind) {
    case 'corrected':
    case 'unchanged':
      return { mayBeBroken: true, at, run: run.run };
    case 'refused':
    case 'not-started':
    case 'not-needed':
      return { mayBeBroken: false, result, trouble };
    case 'partly':
    case 'failed':
    case 'timed-out':
    case 'cancelled':
    case 'lost':
      return { mayBeBroken: true, at, run: run.run, trouble };
  }
}
