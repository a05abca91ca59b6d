import { learn } from '../decide/learn.ts';
import { exitCodes } from '../errors.ts';
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
      const sent = open.filter(
        ({ progress }) => progress.stage !== 'open',
      ).length;
      shell.say(
        `stopped: nothing is kicked until: kicker resume (${open.length - sent} kicks not sent yet, ${sent} to be followed to their end)`,
      );
      return exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
};
