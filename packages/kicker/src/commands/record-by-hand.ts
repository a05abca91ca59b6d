import type { Kick } from '@kickd/protocol';
import { defaultRuleSet } from '../decide/default-rules.ts';
import { learn } from '../decide/learn.ts';
import type { Moment } from '../events/moment.ts';
import type { Target } from '../fleet/target.ts';
import type { Ledger } from '../ports.ts';
import type { Shell } from './command.ts';

/**
 * Writes a kick that a person asks for, before it is sent.
 * @param command which one they typed
 * @returns when it was decided
 * @throws {Fault} LEDGER_UNWRITABLE: then nothing may be sent
 */
export function recordByHand(
  { ledger, shell }: { ledger: Ledger; shell: Pick<Shell, 'clock'> },
  target: Target,
  kick: Kick,
  command: string,
): Moment {
  const {
    kick: id,
    certname: _host,
    expires: _until,
    because: _why,
    ...request
  } = kick;
  const keys = { kick: id };
  const now = shell.clock.moment();
  ledger.transact((transaction) => {
    transaction.add([
      {
        entry: {
          kind: 'decision',
          body: {
            kind: 'kick',
            mode: kick.noop === true ? 'noop' : 'automatic',
            request,
            reasons: [`asked for by hand: ${command}`],
          },
        },
        keys,
      },
      { entry: { kind: 'kick', body: { target, request: kick } }, keys },
    ]);
    // What it counts for depends on no rule: a broken rules file must not stop a person.
    const learning = { rules: defaultRuleSet, memory: transaction, now };
    const { certname } = target;
    transaction.remember(learn({ kind: 'by-hand', certname }, learning));
  });
  return now;
}
