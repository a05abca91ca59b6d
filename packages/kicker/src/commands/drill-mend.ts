import { Fault, type Kick } from '@kickd/protocol';
import { healingRule } from '../drill/judge-drill.ts';
import type { Moment } from '../events/moment.ts';
import { driveKick } from '../kicks/drive-kick.ts';
import type { AgentClient } from '../ports.ts';
import type { Shell } from './command.ts';
import { createDrillKick, worldOf, type Parts } from './drill-parts.ts';
import { createHandStore } from './hand-store.ts';
import { recordByHand } from './record-by-hand.ts';
import type { MendRecord } from './views/drill.ts';

/** How long the host is asked to accept the run that mends. */
const mendForMs = 3 * 60 * 1000;

/** @throws whatever is no Fault of the ledger */
export function warnOfLedger(
  error: unknown,
  { warn }: Pick<Shell, 'warn'>,
): void {
  if (!(error instanceof Fault)) throw error;
  warn(
    `kicker: LEDGER_INCOMPLETE: the ledger lacks a part of this drill (${error.code}: ${error.message})`,
  );
}

/** A service that was broken is not left so because the disk is full. */
function record({ ledger, shell, target }: Parts, kick: Kick): Moment {
  const what = 'kicker drill, to mend what it broke';
  try {
    return recordByHand({ ledger, shell }, target, kick, what);
  } catch (error) {
    warnOfLedger(error, shell);
    return shell.clock.moment();
  }
}

/** Whoever broke it mends it: one ordinary run, by the rule that would have healed it. */
export async function mendIt(
  parts: Parts,
  client: AgentClient,
  brokenAt: string,
): Promise<MendRecord> {
  const { options, target, ledger, shell } = parts;
  if (options.leavesBroken) return { result: 'left-broken' };
  const rule = healingRule(worldOf(parts, ledger));
  // A run that began before has not seen it.
  const kick = createDrillKick(parts, { ...rule?.what }, mendForMs, brokenAt);
  const decided = record(parts, kick);
  const store = createHandStore({ kick: kick.kick }, ledger, shell);
  await driveKick(
    { target, request: kick, decided, lifeMs: mendForMs },
    store,
    {
      transport: client,
      timing: shell,
      limiter: (work) => work(),
      followMs: mendForMs,
      isStopped: () => false,
      mayRetry: () => true,
    },
    // not the signal of the command: whoever interrupts it leaves nothing broken
    store.untilAccepted(AbortSignal.timeout(mendForMs)),
  );
  store.end();
  const result = store.result(target, false);
  const asked = { kick: kick.kick };
  if (result.kind === 'refused' || result.kind === 'not-sent') {
    const { code, message, remedy } = result;
    return { result: 'not-accepted', ...asked, code, message, remedy };
  }
  if (result.kind === 'not-known' && result.run === undefined) {
    const { code, message, remedy } = result;
    return { result: 'not-accepted', ...asked, code, message, remedy };
  }
  const run = result.run?.run ?? '';
  return { result: 'accepted', ...asked, run };
}
