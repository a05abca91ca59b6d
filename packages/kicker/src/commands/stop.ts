import { printable } from '@kickd/protocol';
import { learn } from '../decide/learn.ts';
import { exitCodes } from '../errors.ts';
import { isLeased } from '../io/lease.ts';
import type { Ledger } from '../ports.ts';
import { configOption, type Command } from './command.ts';
import { byOption, openForCommand, readReason } from './judgement.ts';

/** Nothing is kicked any more, by no kicker of this ledger, until somebody says `kicker resume`. */
export const command: Command = {
  spec: {
    name: 'stop',
    operands: 'REASON…',
    about: 'kick nothing any more, until `kicker resume`; survives restarts',
    takesOperands: true,
    options: { ...byOption, ...configOption },
    examples: [
      ['kicker stop "storage move, until 14:00"', 'as the user of the monitor'],
    ],
  },
  async run(given, shell) {
    const { by, reason } = readReason('stop', given, shell);
    const { ledger, rules } = await openForCommand(given, shell);
    try {
      ledger.transact((transaction) => {
        const now = shell.clock.moment();
        transaction.remember(
          learn(
            { kind: 'stopped', by, reason },
            { rules, memory: transaction, now },
          ),
        );
        transaction.add([
          { entry: { kind: 'stop', body: { by, reason } }, keys: {} },
        ]);
      });
      const open = ledger.listOpen(10_000);
      const waiting = open.filter(
        ({ progress }) => progress.stage === 'sending',
      ).length;
      shell.say(
        `stopped: nothing is kicked until: kicker resume (${waiting} kicks not sent yet, ${open.length - waiting} to be followed to their end)`,
      );
      shell.say(servedBy(ledger));
      return exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
};

/** Which ledger it is, and who serves it: a stop of another one would stop nothing. */
function servedBy(ledger: Ledger): string {
  const file = printable(ledger.file);
  const { holder = '?' } = ledger.lastHolder() ?? {};
  switch (isLeased(ledger.file)) {
    case true:
      return `ledger: ${file}, served by ${printable(holder)}`;
    case false:
      return `ledger: ${file}; nobody serves it now: the stop holds for whoever does`;
    case undefined:
      return `ledger: ${file}, last served by ${printable(holder)}`;
  }
}
