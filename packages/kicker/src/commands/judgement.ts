import { printable } from '@kickd/protocol';
import type { RuleSet } from '../decide/rules.ts';
import { Faults, errors } from '../errors.ts';
import { loadConfig } from '../io/load-config.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { loadRules } from '../io/load-rules.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import type { Ledger } from '../ports.ts';
import type { Shell } from './command.ts';
import type { Given } from './options.ts';

/** Who says so: a name for the ledger, since all of them may run as the monitor's user. */
export const byOption = {
  by: {
    type: 'string',
    value: 'NAME',
    about: 'the name to record; default: $SUDO_USER, or the user',
    group: 'What',
  },
} as const;

/**
 * The ledger that the configuration names, and the rules. The caller closes it. None is made: a command that reads or
 * stops is about the one that is there.
 * @throws {Fault} LEDGER_MISSING
 */
export async function openForCommand(
  given: Given,
  shell: Shell,
): Promise<{ ledger: Ledger; rules: RuleSet }> {
  const config = await loadConfig(given.text('config'), shell.env);
  const rules = await loadRules(config, shell.env);
  const file = locateLedger(config.ledger);
  return { ledger: openLedger(file, shell.clock, { isMade: false }), rules };
}

/** @throws {Faults} USAGE where `stop` is given no reason: whoever wants to resume asks for it */
export function readReason(
  command: 'stop' | 'resume',
  given: Given,
  shell: Pick<Shell, 'env' | 'user'>,
): { by: string; reason: string } {
  const reason = given.operands.join(' ').trim();
  if (reason === '' && command === 'stop') {
    throw new Faults([errors.usage('stop', 'give a reason')]);
  }
  return { by: readBy(given, shell), reason: printable(reason, 500) };
}

/** The name that `--by` gives, else that of whoever typed it. */
export function readBy(
  given: Given,
  { env, user }: Pick<Shell, 'env' | 'user'>,
): string {
  const by =
    given.text('by') ?? env['SUDO_USER'] ?? env['USER'] ?? `uid ${user.uid}`;
  return printable(by, 64);
}
